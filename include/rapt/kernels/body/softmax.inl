// Softmax of rows that lie one behind the other, n numbers each. A row stays in the first-level cache between
// its passes. Included by softmax.hpp for each width.
//
// NaN and +infinity make their row NaN; what is ignored, and -infinity, takes no part: a row of nothing else
// gives 0, and -infinity as logarithm.

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

#if RAPT_VECTOR_TYPES
/// Byte i is 1 where flag i is set, of the first `count` <= 8 flags.
RAPT_LANES std::int64_t flag_bytes(const bool* flags, Index count) {
  std::int64_t bytes = 0;
  constexpr bool little = std::endian::native == std::endian::little;
  if (little && count == 8) {
    std::memcpy(&bytes, flags, 8);
  } else if (little && count == 4) {
    std::memcpy(&bytes, flags, 4);
  } else {
    for (Index i = 0; i < count; ++i) bytes |= std::int64_t{flags[i]} << (8 * i);
  }
  return bytes;
}

/// Bit 8 (i mod sizeof(T)) of lane i: its flag among the bytes of a word.
template <class T>
struct FlagBits {
  Integer<T> lanes[lane_count<T>];
  constexpr FlagBits() : lanes() {
    for (Index i = 0; i < lane_count<T>; ++i) lanes[i] = Integer<T>{1} << (8 * (i % Index{sizeof(T)}));
  }
};

/// All bits of lane i where flag i is set, of as many flags as the piece counts. (A conversion of vectors
/// would do, but g++ 12 widens bytes one by one.)
template <class T, bool whole>
RAPT_LANES LaneBits<T> flagged_lanes(const bool* flags, Piece<whole> piece) {
  static constexpr FlagBits<T> bits;
  const Index count = whole ? lane_count<T> : piece.count;
  const std::int64_t first = flag_bytes(flags + piece.at, count < 8 ? count : 8);
  LaneBits<T> flag, words;
  std::memcpy(&flag, bits.lanes, sizeof flag);
  if constexpr (sizeof(T) == 8) {
    words = first - LaneBits<T>{};
  } else {
    const LaneBits<T> low = static_cast<std::int32_t>(first) - LaneBits<T>{};
    const LaneBits<T> high = static_cast<std::int32_t>(first >> 32) - LaneBits<T>{};
    if constexpr (lane_count<T> == 4) {
      words = low;
    } else if constexpr (lane_count<T> == 8) {
      words = __builtin_shufflevector(low, high, 0, 0, 0, 0, 8, 8, 8, 8);
    } else {
      const std::int64_t second = count > 8 ? flag_bytes(flags + piece.at + 8, count - 8) : 0;
      const LaneBits<T> third = static_cast<std::int32_t>(second) - LaneBits<T>{};
      const LaneBits<T> fourth = static_cast<std::int32_t>(second >> 32) - LaneBits<T>{};
      const LaneBits<T> front =
          __builtin_shufflevector(low, high, 0, 0, 0, 0, 16, 16, 16, 16, 0, 0, 0, 0, 16, 16, 16, 16);
      const LaneBits<T> back =
          __builtin_shufflevector(third, fourth, 0, 0, 0, 0, 16, 16, 16, 16, 0, 0, 0, 0, 16, 16, 16, 16);
      words = __builtin_shufflevector(front, back, 0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31);
    }
  }
  return (words & flag) != 0;
}
#else
template <class T, bool whole>
RAPT_LANES bool flagged_lanes(const bool* flags, Piece<whole> piece) {
  return flags[piece.at];
}
#endif

/// x where the lanes count, -infinity elsewhere.
template <class T, bool whole>
RAPT_LANES Lanes<T> counted_or_minus_infinity(Lanes<T> x, Piece<whole> piece) {
  if constexpr (whole) {
    return x;
  } else {
    T number[lane_count<T>];
    for (Index i = 0; i < lane_count<T>; ++i) number[i] = static_cast<T>(i);
    const auto counts = load<T>(number) < broadcast<T>(static_cast<T>(piece.count));
    return choose<T>(counts, x, broadcast<T>(minus_infinity<T>));
  }
}

/// A piece of the row at x: -infinity where it is ignored and behind its end.
template <class T, bool masked, bool whole>
RAPT_LANES Lanes<T> scores(const T* x, const bool* ignored, Piece<whole> piece) {
  const Lanes<T> seen = counted_or_minus_infinity<T>(load<T>(x, piece), piece);
  if constexpr (masked) {
    return choose<T>(flagged_lanes<T>(ignored, piece), broadcast<T>(minus_infinity<T>), seen);
  } else {
    return seen;
  }
}

/// Calls body(piece, k) for the vectors of a row: k, a constant below 4, tells it which of four accumulators
/// is not waiting for its last addition.
template <class T, class Body>
RAPT_LANES void sweep_by_four(Index n, Body&& body) {
  Index at = 0;
  for (; at + 4 * lane_count<T> <= n; at += 4 * lane_count<T>) {
    RAPT_UNROLL
    for (int k = 0; k < 4; ++k) body(Piece<true>{at + k * lane_count<T>, lane_count<T>}, k);
  }
  sweep<T>(n - at, [&](auto piece) RAPT_LANES_LAMBDA {
    piece.at += at;
    body(piece, 0);
  });
}

/// What a row is shifted by before its exponentials: its largest score, 0 where that is -infinity.
template <class T, bool masked>
RAPT_LANES T shift_of(const T* x, const bool* ignored, Index n) {
  Lanes<T> top[4];
  RAPT_UNROLL
  for (int k = 0; k < 4; ++k) top[k] = broadcast<T>(minus_infinity<T>);
  sweep_by_four<T>(n, [&](auto piece, int k) RAPT_LANES_LAMBDA {
    top[k] = larger<T>(scores<T, masked>(x, ignored, piece), top[k]);  // NaN is left out: it shows in the sum
  });
  const T largest = largest_of<T>(larger<T>(larger<T>(top[0], top[1]), larger<T>(top[2], top[3])));
  return largest == minus_infinity<T> ? T(0) : largest;
}

/// The sum of e^(x - shift), after each of them was given to use(piece, score - shift, exponential). Summed
/// in double from one run of vectors to the next, so that long rows keep their digits.
template <class T, bool masked, class Use>
RAPT_LANES T sum_of_exponentials(const T* x, const bool* ignored, Index n, T shift, Use&& use) {
  constexpr Index run = 64 * lane_count<T>;
  double total = 0;
  for (Index at = 0; at < n; at += run) {
    Lanes<T> sum{};
    sweep<T>(n - at < run ? n - at : run, [&](auto piece) RAPT_LANES_LAMBDA {
      piece.at += at;
      const Lanes<T> shifted = scores<T, masked>(x, ignored, piece) - shift, e = exp_below_88<T>(shifted);
      use(piece, shifted, e);
      sum += e;
    });
    total += static_cast<double>(sum_of<T>(sum));
  }
  return static_cast<T>(total);
}

template <class T>
RAPT_LANES T log_of(T x) {
  return lane<T>(log<T>(broadcast<T>(x)), 0);
}

template <class T, bool masked>
RAPT_ENTRY void softmax_rows(const T* x, const bool* ignored, T* y, Index rows, Index n) {
  for (Index row = 0; row < rows; ++row, x += n, y += n, ignored += masked ? n : 0) {
    const T shift = shift_of<T, masked>(x, ignored, n);
    const T sum = sum_of_exponentials<T, masked>(x, ignored, n, shift,
                                                 [&](auto piece, Lanes<T>, Lanes<T> e)
                                                     RAPT_LANES_LAMBDA { store<T>(y, piece, e); });
    const T scale = sum == T(0) ? T(0) : T(1) / sum;
    sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA { store<T>(y, piece, load<T>(y, piece) * scale); });
  }
}

template <class T>
RAPT_ENTRY void softmax_backward_rows(const T* dy, const T* y, T* dx, Index rows, Index n) {
  for (Index row = 0; row < rows; ++row, dy += n, y += n, dx += n) {
    // y = softmax(x):  dx = y (dy - sum_j y_j dy_j), and dy says nothing where y = 0
    Lanes<T> sums[4]{};
    sweep_by_four<T>(n, [&](auto piece, int k) RAPT_LANES_LAMBDA {
      const Lanes<T> p = load<T>(y, piece);
      sums[k] += choose<T>(p == Lanes<T>{}, p, p * load<T>(dy, piece));
    });
    const T sum = sum_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
    sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
      const Lanes<T> p = load<T>(y, piece);
      store<T>(dx, piece, choose<T>(p == Lanes<T>{}, p, p * (load<T>(dy, piece) - sum)));
    });
  }
}

template <class T, bool masked>
RAPT_ENTRY void log_softmax_rows(const T* x, const bool* ignored, T* y, Index rows, Index n) {
  for (Index row = 0; row < rows; ++row, x += n, y += n, ignored += masked ? n : 0) {
    const T shift = shift_of<T, masked>(x, ignored, n);
    // The shift is taken away first, or large scores would cost digits.
    const T sum = sum_of_exponentials<T, masked>(x, ignored, n, shift,
                                                 [&](auto piece, Lanes<T> shifted, Lanes<T>)
                                                     RAPT_LANES_LAMBDA { store<T>(y, piece, shifted); });
    const T normaliser = sum == T(0) ? T(0) : log_of<T>(sum);
    sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA { store<T>(y, piece, load<T>(y, piece) - normaliser); });
  }
}

template <class T>
RAPT_ENTRY void log_softmax_backward_rows(const T* dy, const T* y, T* dx, Index rows, Index n) {
  for (Index row = 0; row < rows; ++row, dy += n, y += n, dx += n) {
    // y = x - log(sum_j exp(x_j)):  dx = dy - exp(y) sum_j dy_j, and dy says nothing where exp(y) = 0
    Lanes<T> sums[4]{};
    sweep_by_four<T>(n, [&](auto piece, int k) RAPT_LANES_LAMBDA {
      sums[k] += choose<T>(load<T>(y, piece) == minus_infinity<T>, Lanes<T>{}, load<T>(dy, piece));
    });
    const T sum = sum_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
    sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
      const Lanes<T> log_p = load<T>(y, piece), d = load<T>(dy, piece) - exp_below_88<T>(log_p) * sum;
      store<T>(dx, piece, choose<T>(log_p == minus_infinity<T>, Lanes<T>{}, d));
    });
  }
}

/// y = log(sum_j exp(x_j)) of each row: +infinity where a number is, unless another is NaN; -infinity of
/// nothing.
template <class T, bool masked>
RAPT_ENTRY void log_sum_exp_rows(const T* x, const bool* ignored, T* y, Index rows, Index n) {
  for (Index row = 0; row < rows; ++row, x += n, ignored += masked ? n : 0) {
    const T shift = shift_of<T, masked>(x, ignored, n);
    const T sum = sum_of_exponentials<T, masked>(x, ignored, n, shift,
                                                 [&](auto, Lanes<T>, Lanes<T>) RAPT_LANES_LAMBDA {});
    y[row] = shift + log_of<T>(sum);
    if (shift == -minus_infinity<T>) {
      bool any_nan = false;
      for (Index i = 0; i < n; ++i) any_nan = any_nan || (!(masked && ignored[i]) && x[i] != x[i]);
      if (!any_nan) y[row] = shift;
    }
  }
}

/// to = factor e^(x - shift); x - shift below 88.
template <class T>
RAPT_ENTRY void scaled_exponentials(const T* x, T* to, Index n, T shift, T factor) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    store<T>(to, piece, exp_below_88<T>(load<T>(x, piece) - shift) * factor);
  });
}
