// Vector types and what the language's operators on them do not say. Included by lanes.hpp for each width.

#if RAPT_VECTOR_TYPES
template <class T>
struct LaneType {
  typedef T type __attribute__((vector_size(RAPT_LANE_BYTES)));
  typedef std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> bits
      __attribute__((vector_size(RAPT_LANE_BYTES)));
};
template <class T>
inline constexpr Index lane_count = RAPT_LANE_BYTES / Index{sizeof(T)};
#else
template <class T>
struct LaneType {
  using type = T;
  using bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
};
template <class T>
inline constexpr Index lane_count = 1;
#endif

/// As many numbers as one instruction works on, and integers of the same size.
template <class T>
using Lanes = typename LaneType<T>::type;
template <class T>
using LaneBits = typename LaneType<T>::bits;

template <class T>
RAPT_LANES Lanes<T> load(const T* from) {
  Lanes<T> x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
template <class T>
RAPT_LANES void store(T* to, Lanes<T> x) {
  std::memcpy(to, &x, sizeof x);
}
template <class T>
RAPT_LANES Lanes<T> broadcast(std::type_identity_t<T> x) {
  return x - Lanes<T>{};  // x - 0 is x, for -0 too, and costs nothing
}

/// Asks for the cache line of from[at], which need not exist, to be read or written soon.
template <bool Write = false, class T>
RAPT_LANES void ask_for(const T* from, Index at) {
#if defined(__GNUC__)
  const auto address = reinterpret_cast<std::uintptr_t>(from) + static_cast<std::uintptr_t>(at) * sizeof(T);
  __builtin_prefetch(reinterpret_cast<const void*>(address), Write ? 1 : 0);
#else
  static_cast<void>(from);
  static_cast<void>(at);
#endif
}

/// One number of a vector.
template <class T>
RAPT_LANES T lane(Lanes<T> x, Index i) {
#if RAPT_VECTOR_TYPES
  return x[i];
#else
  static_cast<void>(i);
  return x;
#endif
}

/// The same bits, read as the other type.
template <class T>
RAPT_LANES LaneBits<T> as_bits(Lanes<T> x) {
  LaneBits<T> bits;
  std::memcpy(&bits, &x, sizeof x);
  return bits;
}
template <class T>
RAPT_LANES Lanes<T> from_bits(LaneBits<T> bits) {
  Lanes<T> x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// Lane by lane: yes where the condition's bits are all set (as comparisons of vectors give), else no.
template <class T, class Condition>
RAPT_LANES Lanes<T> choose(Condition condition, Lanes<T> yes, Lanes<T> no) {
  return condition ? yes : no;
}
/// The larger; b where either is NaN.
template <class T>
RAPT_LANES Lanes<T> larger(Lanes<T> a, Lanes<T> b) {
  return a > b ? a : b;
}
/// The smaller; b where either is NaN.
template <class T>
RAPT_LANES Lanes<T> smaller(Lanes<T> a, Lanes<T> b) {
  return a < b ? a : b;
}

/// The square roots of the lanes, rounded correctly.
template <class T>
RAPT_LANES Lanes<T> square_root(Lanes<T> x) {
#if RAPT_SIMD_X86 && RAPT_LANE_BYTES == 64 && defined(__clang__)
  if constexpr (std::is_same_v<T, float>) return __builtin_ia32_sqrtps512(x, 4);  // rounded as ever
  if constexpr (std::is_same_v<T, double>) return __builtin_ia32_sqrtpd512(x, 4);
#elif RAPT_SIMD_X86 && RAPT_LANE_BYTES == 64
  if constexpr (std::is_same_v<T, float>) return __builtin_ia32_sqrtps512_mask(x, x, -1, 4);
  if constexpr (std::is_same_v<T, double>) return __builtin_ia32_sqrtpd512_mask(x, x, -1, 4);
#elif RAPT_SIMD_X86 && RAPT_LANE_BYTES == 32
  if constexpr (std::is_same_v<T, float>) return __builtin_ia32_sqrtps256(x);
  if constexpr (std::is_same_v<T, double>) return __builtin_ia32_sqrtpd256(x);
#elif RAPT_SIMD_X86
  if constexpr (std::is_same_v<T, float>) return __builtin_ia32_sqrtps(x);
  if constexpr (std::is_same_v<T, double>) return __builtin_ia32_sqrtpd(x);
#endif
  T part[lane_count<T>];
  store<T>(part, x);
  for (T& number : part) number = std::sqrt(number);
  return load<T>(part);
}

/// The first `count` numbers, 0 behind them; no byte beyond is touched. 0 <= count <= lane_count.
template <class T>
RAPT_LANES Lanes<T> load_part(const T* from, Index count) {
#if RAPT_SIMD_X86 && RAPT_LANE_BYTES == 64
  if constexpr (std::is_same_v<T, float>) {
    const auto mask = static_cast<std::uint16_t>((1u << count) - 1);
    return __builtin_ia32_loadups512_mask(from, Lanes<float>{}, mask);
  }
#elif RAPT_SIMD_X86 && RAPT_LANE_BYTES == 32
  if constexpr (std::is_same_v<T, float>) {
    const LaneBits<float> number{0, 1, 2, 3, 4, 5, 6, 7};
    return __builtin_ia32_maskloadps256(reinterpret_cast<const Lanes<float>*>(from),
                                        number < static_cast<std::int32_t>(count));
  }
#endif
  T part[lane_count<T>] = {};
  for (Index i = 0; i < count; ++i) part[i] = from[i];
  return load<T>(part);
}

/// Writes the first `count` numbers and touches no byte beyond. 0 <= count <= lane_count.
template <class T>
RAPT_LANES void store_part(T* to, Lanes<T> x, Index count) {
#if RAPT_SIMD_X86 && RAPT_LANE_BYTES == 64
  if constexpr (std::is_same_v<T, float>) {
    const auto mask = static_cast<std::uint16_t>((1u << count) - 1);
    __builtin_ia32_storeups512_mask(to, x, mask);
    return;
  }
#elif RAPT_SIMD_X86 && RAPT_LANE_BYTES == 32
  if constexpr (std::is_same_v<T, float>) {
    const LaneBits<float> number{0, 1, 2, 3, 4, 5, 6, 7};
    __builtin_ia32_maskstoreps256(reinterpret_cast<Lanes<float>*>(to),
                                  number < static_cast<std::int32_t>(count), x);
    return;
  }
#endif
  T part[lane_count<T>];
  store<T>(part, x);
  for (Index i = 0; i < count; ++i) to[i] = part[i];
}

/// The sum of the lanes, always in the same order.
template <class T>
RAPT_LANES T sum_of(Lanes<T> x) {
#if RAPT_VECTOR_TYPES
  if constexpr (lane_count<T> == 16) {
    const auto half = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    const auto quarter =
        __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
    return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
  } else if constexpr (lane_count<T> == 8) {
    const auto half = __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
    return (half[0] + half[2]) + (half[1] + half[3]);
  } else if constexpr (lane_count<T> == 4) {
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else {
    return x[0] + x[1];
  }
#else
  return x;
#endif
}
/// The largest of the lanes; of a NaN among them there may be no trace.
template <class T>
RAPT_LANES T largest_of(Lanes<T> x) {
#if RAPT_VECTOR_TYPES
  if constexpr (lane_count<T> == 16) {
    x = larger<T>(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    x = larger<T>(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
    x = larger<T>(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  } else if constexpr (lane_count<T> == 8) {
    x = larger<T>(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
    x = larger<T>(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
  } else if constexpr (lane_count<T> == 4) {
    x = larger<T>(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
  }
  return x[0] > x[1] ? x[0] : x[1];
#else
  return x;
#endif
}
