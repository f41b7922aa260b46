// Elementary functions of vectors. Included by vector_math.hpp for each width.
//
// Polynomials are minimax, by Remez's algorithm in 60 digits, of the relative error of the whole function.
// The errors stated are the largest that vector_math_test.cpp finds against long double, for float and
// double, with and without fused multiply-add.

template <class T>
inline constexpr int mantissa_bits = std::numeric_limits<T>::digits - 1;
template <class T>
using Integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
inline constexpr Integer<T> sign_bit = std::numeric_limits<Integer<T>>::min();
/// Added to a small number, it leaves the number rounded to a whole one in the lowest bits.
template <class T>
inline constexpr T rounder = T(1.5) * static_cast<T>(std::int64_t{1} << mantissa_bits<T>);

/// |x|, and x with the sign of another.
template <class T>
RAPT_LANES Lanes<T> magnitude(Lanes<T> x) {
  return from_bits<T>(as_bits<T>(x) & ~sign_bit<T>);
}
template <class T>
RAPT_LANES Lanes<T> with_sign(Lanes<T> magnitude, Lanes<T> sign) {
  return from_bits<T>(as_bits<T>(magnitude) | (as_bits<T>(sign) & sign_bit<T>));
}

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
  using Unsigned = std::make_unsigned_t<LaneBits<T>>;  // of what is no normal number the sum may wrap
  const Unsigned sum = static_cast<Unsigned>(as_bits<T>(x)) + (static_cast<Unsigned>(n) << mantissa_bits<T>);
  return from_bits<T>(static_cast<LaneBits<T>>(sum));
#endif
}

/// log(2) in two parts, the first with so few digits that its product with an exponent is exact.
template <class T>
inline constexpr T log_2_high = sizeof(T) == 4 ? T(0.693359375) : T(0x1.62e42feep-1);
template <class T>
inline constexpr T log_2_low = sizeof(T) == 4 ? T(-2.12194440054690583e-4) : T(1.90821492927058770e-10);
template <class T>
inline constexpr auto bits_of_root_half = std::bit_cast<Integer<T>>(std::numbers::sqrt2_v<T> / 2);

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

/// x - n log(2), where n is the whole number next to x / log(2).
template <class T>
RAPT_LANES Lanes<T> exp_rest(Lanes<T> x, Lanes<T> n) {
  return (x - n * log_2_high<T>)-n * log_2_low<T>;
}
/// e^r for such a rest.
template <class T>
RAPT_LANES Lanes<T> exp_near_0(Lanes<T> r) {
  return (exp_tail<T>(r) * (r * r) + r) + T(1);
}

/// Below it e^x is no normal number; above exp_highest it is infinite.
template <class T>
inline constexpr T exp_lowest = sizeof(T) == 4 ? T(-87.3365402) : T(-708.396418532264);
template <class T>
inline constexpr T exp_highest = sizeof(T) == 4 ? T(88.7228317) : T(709.782712893384);

/// e^(x - low) for x < 88 and a low of less than 0.1, which x is too large to hold.
template <class T>
RAPT_LANES Lanes<T> exp_below_88(Lanes<T> x, Lanes<T> low) {
  // With the exponent's bias in the sum, its lowest bits are the exponent of 2^n.
  constexpr T biased = rounder<T> + static_cast<T>(std::numeric_limits<T>::max_exponent - 1);
  const Lanes<T> sum = x * std::numbers::log2e_v<T> + biased;
  const Lanes<T> power = from_bits<T>(as_bits<T>(sum) << mantissa_bits<T>);
  const Lanes<T> y = exp_near_0<T>(exp_rest<T>(x, sum - biased) - low);
  return choose<T>(x < exp_lowest<T>, Lanes<T>{}, y * power);
}
/// `e^x` for x < 88 (and NaN): the same bits as `exp` in three instructions less.
template <class T>
RAPT_LANES Lanes<T> exp_below_88(Lanes<T> x) {
  return exp_below_88<T>(x, Lanes<T>{});
}

/// `e^x`, at most 1 ulp off; NaN stays NaN. Exactly 0 where the value would be denormal (x < -87.3365 for
/// float, -708.396 for double) and for -infinity; infinity where it overflows (x > 88.7228, 709.782).
template <class T>
RAPT_LANES Lanes<T> exp(Lanes<T> x) {
  const Lanes<T> sum = x * std::numbers::log2e_v<T> + rounder<T>;
  // 2^n may be too large for a number where the product is not, so n goes to the exponent directly.
  const Lanes<T> y = raised<T>(exp_near_0<T>(exp_rest<T>(x, sum - rounder<T>)), as_bits<T>(sum));
  const Lanes<T> infinite = x + std::numeric_limits<T>::infinity();  // or NaN
  return choose<T>(x < exp_lowest<T>, Lanes<T>{}, choose<T>(x <= exp_highest<T>, y, infinite));
}

/// `e^x - 1` for x < 88 (and NaN), at most 2.2 ulp off, near 0 too.
template <class T>
RAPT_LANES Lanes<T> expm1_below_88(Lanes<T> x) {
  constexpr T biased = rounder<T> + static_cast<T>(std::numeric_limits<T>::max_exponent - 1);
  const Lanes<T> z = larger<T>(broadcast<T>(sizeof(T) == 4 ? T(-20) : T(-40)), x);  // -1 from there on
  const Lanes<T> sum = z * std::numbers::log2e_v<T> + biased;
  const Lanes<T> power = from_bits<T>(as_bits<T>(sum) << mantissa_bits<T>);
  const Lanes<T> r = exp_rest<T>(z, sum - biased);
  // e^z - 1 = 2^n (e^r - 1) + (2^n - 1)
  return power * (exp_tail<T>(r) * (r * r) + r) + (power - T(1));
}
/// `e^x - 1`, at most 2.2 ulp off, near 0 too; NaN stays, infinity where it overflows.
template <class T>
RAPT_LANES Lanes<T> expm1(Lanes<T> x) {
  return choose<T>(x < T(80), expm1_below_88<T>(x), exp<T>(x));
}

/// log(1 + f) + n log(2) for 1 + f in [sqrt(1/2), sqrt(2)].
template <class T>
RAPT_LANES Lanes<T> log_near_1(Lanes<T> f, Lanes<T> n) {
  const Lanes<T> half_square = T(0.5) * f * f;
  if constexpr (sizeof(T) == 4) {
    const Lanes<T> cubic =
        polynomial<T>(f, 0.333333126f, -0.250000096f, 0.200021187f, -0.1666799601f, 0.1421955143f,
                      -0.1240558518f, 0.1188816607f, -0.1167567765f, 0.06746663418f);
    const Lanes<T> small = (cubic * (f * f) * f + n * log_2_low<T>)-half_square;
    return (f + small) + n * log_2_high<T>;
  } else {
    // s = f / (2 + f): log(1 + f) = 2 atanh(s)
    const Lanes<T> s = f / (T(2) + f), z = s * s;
    const Lanes<T> rest =
        z * polynomial<T>(z, 0.6666666666666734421, 0.3999999999941460886, 0.2857142874240483684,
                          0.2222219857125761426, 0.1818356443393562133, 0.1531404760958793305,
                          0.147959808905386038);
    return n * log_2_high<T> - ((half_square - (s * (half_square + rest) + n * log_2_low<T>)) - f);
  }
}

/// `log(x)`, at most 0.9 ulp off, for denormal x too; -infinity at 0, NaN below, infinity and NaN stay.
template <class T>
RAPT_LANES Lanes<T> log(Lanes<T> x) {
  constexpr T scale = static_cast<T>(std::int64_t{1} << (mantissa_bits<T> + 1));
  const auto denormal = x < std::numeric_limits<T>::min();
  const LaneBits<T> bits = as_bits<T>(choose<T>(denormal, x * scale, x)) & ~sign_bit<T>;
  const LaneBits<T> n = (bits - bits_of_root_half<T>) >> mantissa_bits<T>;
  const Lanes<T> f = from_bits<T>(bits - (n << mantissa_bits<T>)) - T(1);
  const Lanes<T> number = from_bits<T>(n + as_bits<T>(broadcast<T>(rounder<T>))) - rounder<T>;
  const Lanes<T> shift = choose<T>(denormal, broadcast<T>(T(mantissa_bits<T> + 1)), Lanes<T>{});
  const Lanes<T> y = log_near_1<T>(f, number - shift);
  const Lanes<T> infinity = broadcast<T>(std::numeric_limits<T>::infinity());
  const Lanes<T> edge =
      choose<T>(x == Lanes<T>{}, -infinity, broadcast<T>(std::numeric_limits<T>::quiet_NaN()));
  return choose<T>(x > Lanes<T>{}, choose<T>(x < infinity, y, x), edge);
}

/// `log(1 + x)` for x in [0, 1] only (and NaN), at most 1.5 ulp off.
template <class T>
RAPT_LANES Lanes<T> log1p_to_1(Lanes<T> x) {
  // 1 + x = 2 (1 + (x - 1) / 2), where no digit of x is lost
  const auto upper = x > T(0.41421356);
  return log_near_1<T>(choose<T>(upper, T(0.5) * (x - T(1)), x),
                       choose<T>(upper, broadcast<T>(1), Lanes<T>{}));
}

/// `tanh(x)`, at most 2.6 ulp off; -0 and NaN stay.
template <class T>
RAPT_LANES Lanes<T> tanh(Lanes<T> x) {
  // With m = e^(-2|x|) - 1:  tanh(|x|) = -m / (2 + m)
  const Lanes<T> m = expm1_below_88<T>(T(-2) * magnitude<T>(x));
  return with_sign<T>((Lanes<T>{} - m) / (T(2) + m), x);  // not -m, which is -0 at 0
}

/// `1 / (1 + e^(-x))`, at most 2.5 ulp off, far below 0 too: exactly 0 only where `exp(x)` is.
template <class T>
RAPT_LANES Lanes<T> logistic(Lanes<T> x) {
  const Lanes<T> e = exp_below_88<T>(-magnitude<T>(x)), one = broadcast<T>(1);
  return choose<T>(x < Lanes<T>{}, e, one) / (one + e);
}

/// `log(1 + e^x)`, at most 1.8 ulp off, without overflow; exactly 0 where `exp(x)` is.
template <class T>
RAPT_LANES Lanes<T> softplus(Lanes<T> x) {
  return larger<T>(Lanes<T>{}, x) + log1p_to_1<T>(exp_below_88<T>(-magnitude<T>(x)));
}

/// From here on e^(-t^2 / 2) is 0.
template <class T>
inline constexpr T normal_end = sizeof(T) == 4 ? T(13.5) : T(38);

/// `Phi(-t) e^(t^2 / 2)` of the normal distribution Phi, for t in [0, normal_end].
template <class T>
RAPT_LANES Lanes<T> normal_ratio(Lanes<T> t) {
  if constexpr (sizeof(T) == 4) {
    return polynomial<T>(t, 0.500000001f, 0.4340990191f, 0.1800149564f, 0.03951613807f, 0.003942020743f) /
           polynomial<T>(t, 1.0f, 1.666082782f, 1.189369135f, 0.4609445507f, 0.09905963037f, 0.009881040694f);
  } else {
    return polynomial<T>(t, 0.5, 0.82163979332925933756, 0.66964000047264022756, 0.34954037590669598453,
                         0.12816450866631980074, 0.034328082484687766372, 0.0067912357333399380656,
                         0.00098079672662959313089, 0.000099296733967190832623, 6.4040155861477361755e-6,
                         2.0198400359183176606e-7) /
           polynomial<T>(t, 1.0, 2.4411641474613840478, 2.7870471845902073068, 1.9682021171639562382,
                         0.95745923474367464192, 0.33779113928033583857, 0.088474130343807041388,
                         0.017270990901775892396, 0.0024745452934062338135, 0.00024940629975159420418,
                         0.000016052486539447630283, 5.0629881442632163517e-7);
  }
}
/// For t = |x|, at most normal_end: e^(-t^2 / 2), and the ratio of Phi(-t) to it.
template <class T>
struct NormalTail {
  Lanes<T> t, exponential, ratio;
};
template <class T>
RAPT_LANES NormalTail<T> normal_tail(Lanes<T> x) {
  const Lanes<T> t = smaller<T>(broadcast<T>(normal_end<T>), magnitude<T>(x));
  // t^2 = h^2 + (t - h)(t + h): where h has half of the digits its square is exact
  const Lanes<T> h = from_bits<T>(as_bits<T>(t) & -(Integer<T>{1} << (mantissa_bits<T> / 2 + 1)));
  return {t, exp_below_88<T>(T(-0.5) * h * h, T(0.5) * (t - h) * (t + h)), normal_ratio<T>(t)};
}

/// The error function, at most 1.5 ulp off; -0 and NaN stay.
template <class T>
RAPT_LANES Lanes<T> erf(Lanes<T> x) {
  const Lanes<T> t = magnitude<T>(x);
  const Lanes<T> normal = smaller<T>(broadcast<T>(normal_end<T>), std::numbers::sqrt2_v<T> * t);
  const Lanes<T> rest = T(2) * normal_ratio<T>(normal) * exp_below_88<T>(T(-0.5) * normal * normal);
  const Lanes<T> z = t * t;
  Lanes<T> near_0;
  if constexpr (sizeof(T) == 4) {
    near_0 = polynomial<T>(z, 0.1283791657f, -0.3761262582f, 0.1128358505f, -0.02685380739f, 0.005188318104f,
                           -0.0008010101097f, 7.853528371e-5f);
  } else {
    near_0 = polynomial<T>(z, 0.1283791670955125656, -0.3761263890318351929, 0.112837916709441741,
                           -0.02686617064310970783, 0.005223977606103594155, -0.000854832592858276175,
                           0.0001205529355452822599, -0.00001492471186376547118, 1.644712606839894368e-6,
                           -1.620627093586822714e-7, 1.371079241281599623e-8, -7.77911271314554258e-10);
  }
  return with_sign<T>(choose<T>(t < T(1), t * near_0 + t, T(1) - rest), x);
}

/// `x Phi(x)`, at most 7 ulp off for float, 8 for double, far below 0 too; -0 and NaN stay. Exactly 0 below
/// about -13 for float, -37 for double, and NaN at -infinity, as the product is.
template <class T>
RAPT_LANES Lanes<T> gelu(Lanes<T> x) {
  const NormalTail<T> tail = normal_tail<T>(x);
  const Lanes<T> beyond = tail.exponential * tail.ratio;
  return x * choose<T>(x < Lanes<T>{}, beyond, T(1) - beyond);
}
/// Its derivative `Phi(x) + x phi(x)`, whose error is at most 1.2 ulp of 1; below -2, where it is small, at
/// most 6 ulp.
template <class T>
RAPT_LANES Lanes<T> gelu_slope(Lanes<T> x) {
  constexpr T density = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
  const NormalTail<T> tail = normal_tail<T>(x);
  const Lanes<T> below = tail.exponential * (tail.ratio - tail.t * density);
  return choose<T>(x < Lanes<T>{}, below, T(1) - below);
}
