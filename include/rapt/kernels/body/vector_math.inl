// Elementary functions of vectors. Included by vector_math.hpp for each width.
//
// Polynomials are minimax, by Remez's algorithm in 60 digits, of the relative error of the whole function.
// The errors stated are the largest that vector_math_test.cpp finds against long double, for float and
// double, with and without fused multiply-add.

template <class T>
inline constexpr int mantissa_bits = std::numeric_limits<T>::digits - 1;
/// Added to a small number, it leaves the number rounded to a whole one in the lowest bits.
template <class T>
inline constexpr T rounder = T(1.5) * static_cast<T>(std::int64_t{1} << mantissa_bits<T>);

/// c0 + c1 x + c2 x^2 + ...
template <class T, class... Rest>
RAPT_LANES Lanes<T> polynomial(Lanes<T> x, T c0, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return broadcast<T>(c0);
  } else {
    return polynomial<T>(x, rest...) * x + c0;
  }
}

/// x 2^n, n being the lowest bits of an integer, as long as that is a normal number.
template <class T>
RAPT_LANES Lanes<T> raised(Lanes<T> x, LaneBits<T> n) {
#if RAPT_VECTOR_TYPES
  return from_bits<T>(as_bits<T>(x) + (n << mantissa_bits<T>));
#else
  using Unsigned = std::make_unsigned_t<LaneBits<T> >;  // of what is no normal number the sum may wrap
  const Unsigned sum = static_cast<Unsigned>(as_bits<T>(x)) + (static_cast<Unsigned>(n) << mantissa_bits<T>);
  return from_bits<T>(static_cast<LaneBits<T> >(sum));
#endif
}

/// (e^r - 1 - r) / r^2 for |r| <= log(2) / 2.
template <class T>
RAPT_LANES Lanes<T> exp_tail(Lanes<T> r) {
  if constexpr (sizeof(T) == 4) {
    return polynomial<T>(r, 0.499999934f, 0.166665204f, 0.0416683908f, 0.0083687451f, 0.00138145384f);
  } else {
    return polynomial<T>(r, 0.500000000000001067, 0.166666666666664115, 0.0416666666665297282,
                         0.00833333333349497085, 0.00138888889437599641, 0.000198412695057863437,
                         0.0000248014929496337977, 2.75575867938603025e-6, 2.76303062525481042e-7,
                         2.50000216579321175e-8);
  }
}

/// e^(x - n log(2)), where n is the whole number next to x / log(2).
template <class T>
RAPT_LANES Lanes<T> exp_of_rest(Lanes<T> x, Lanes<T> n) {
  // log(2) in two parts: the product with the first is exact for the n that occur.
  constexpr T high = sizeof(T) == 4 ? T(0.693359375) : T(0x1.62e42feep-1);
  constexpr T low = sizeof(T) == 4 ? T(-2.12194440054690583e-4) : T(1.90821492927058770e-10);
  const Lanes<T> r = (x - n * high) - n * low;
  return (exp_tail<T>(r) * (r * r) + r) + T(1);
}

/// Below it e^x is no normal number; above exp_highest it is infinite.
template <class T>
inline constexpr T exp_lowest = sizeof(T) == 4 ? T(-87.3365402) : T(-708.396418532264);
template <class T>
inline constexpr T exp_highest = sizeof(T) == 4 ? T(88.7228317) : T(709.782712893384);

/// `e^x` for x < 88 (and NaN): the same bits as `exp` in three instructions less.
template <class T>
RAPT_LANES Lanes<T> exp_below_88(Lanes<T> x) {
  // With the exponent's bias in the sum, its lowest bits are the exponent of 2^n.
  constexpr T biased = rounder<T> + static_cast<T>(std::numeric_limits<T>::max_exponent - 1);
  const Lanes<T> sum = x * std::numbers::log2e_v<T> + biased;
  const Lanes<T> power = from_bits<T>(as_bits<T>(sum) << mantissa_bits<T>);
  return choose<T>(x < exp_lowest<T>, Lanes<T>{}, exp_of_rest<T>(x, sum - biased) * power);
}

/// `e^x`, at most 1 ulp off; NaN stays NaN. Exactly 0 where the value would be denormal (x < -87.3365 for
/// float, -708.396 for double) and for -infinity; infinity where it overflows (x > 88.7228, 709.782).
template <class T>
RAPT_LANES Lanes<T> exp(Lanes<T> x) {
  const Lanes<T> sum = x * std::numbers::log2e_v<T> + rounder<T>;
  // 2^n may be too large for a number where the product is not, so n goes to the exponent directly.
  const Lanes<T> y = raised<T>(exp_of_rest<T>(x, sum - rounder<T>), as_bits<T>(sum));
  const Lanes<T> infinite = x + std::numeric_limits<T>::infinity();  // or NaN
  return choose<T>(x < exp_lowest<T>, Lanes<T>{}, choose<T>(x <= exp_highest<T>, y, infinite));
}
