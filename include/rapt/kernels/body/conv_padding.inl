// Blocks of images and the zeros around them. Included by conv_padding.hpp for each width.

#if RAPT_VECTOR_TYPES
/// Every second lane of two vectors, from the first on.
template <class T>
RAPT_LANES Lanes<T> even_lanes(Lanes<T> a, Lanes<T> b) {
  if constexpr (lane_count<T> == 16) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  } else if constexpr (lane_count<T> == 8) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  } else if constexpr (lane_count<T> == 4) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
  } else {
    return __builtin_shufflevector(a, b, 0, 2);
  }
}
/// The others.
template <class T>
RAPT_LANES Lanes<T> odd_lanes(Lanes<T> a, Lanes<T> b) {
  if constexpr (lane_count<T> == 16) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  } else if constexpr (lane_count<T> == 8) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
  } else if constexpr (lane_count<T> == 4) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7);
  } else {
    return __builtin_shufflevector(a, b, 1, 3);
  }
}
/// The lanes of two vectors in turn: a0 b0 a1 b1 ..., the first half of them or the second.
template <class T, bool second>
RAPT_LANES Lanes<T> mixed_lanes(Lanes<T> a, Lanes<T> b) {
  constexpr int n = lane_count<T>, at = second ? n / 2 : 0;
  if constexpr (n == 16) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1, at + 2, n + at + 2, at + 3,
                                   n + at + 3, at + 4, n + at + 4, at + 5, n + at + 5, at + 6, n + at + 6,
                                   at + 7, n + at + 7);
  } else if constexpr (n == 8) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1, at + 2, n + at + 2, at + 3,
                                   n + at + 3);
  } else if constexpr (n == 4) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1);
  } else {
    return __builtin_shufflevector(a, b, at, n + at);
  }
}
#endif

/// to[i] = from[i stride] for i < count; a vector's worth behind them is overwritten.
template <class T>
RAPT_LANES void copy_every(const T* from, Index stride, Index count, T* to) {
  constexpr Index lanes = lane_count<T>;
  if (stride == 1) {
    Index i = 0;
    for (; i + lanes <= count; i += lanes) store<T>(to + i, load<T>(from + i));
    if (i < count) store<T>(to + i, load_part<T>(from + i, count - i));
    return;
  }
#if RAPT_VECTOR_TYPES
  if (stride == 2) {
    for (Index i = 0; i < count; i += lanes) {
      const Index left = 2 * (count - i) - 1;  // numbers from the first to the last one wanted
      const Lanes<T> low = load_part<T>(from + 2 * i, left < lanes ? left : lanes);
      const Lanes<T> high = left <= lanes
                                ? Lanes<T>{}
                                : load_part<T>(from + 2 * i + lanes, left < 2 * lanes ? left - lanes : lanes);
      store<T>(to + i, even_lanes<T>(low, high));
    }
    return;
  }
#endif
  for (Index i = 0; i < count; ++i) to[i] = from[i * stride];
}

/// to[i] = 0 for begin <= i < end; a vector's worth behind them is overwritten. Not a loop over numbers, of
/// which compilers make a call to memset, longer than the few zeros beside a row.
template <class T>
RAPT_LANES void zero_from(T* to, Index begin, Index end) {
  for (Index i = begin; i < end; i += lane_count<T>) store<T>(to + i, Lanes<T>{});
}

/// Numbers [begin, end) of one phase of a row lie in the image, from its number `from` on.
struct PhaseRange {
  Index begin, end, from;
};
template <class T>
RAPT_LANES PhaseRange phase_range(const PaddedImages<T>& t, Index phase) {
  const Index stride = t.width.stride, at = phase + t.width.first;
  const Index begin = at >= 0 ? 0 : (stride - 1 - at) / stride;
  const Index end = at >= t.width.in ? 0 : (t.width.in - at + stride - 1) / stride;
  return {begin < t.line ? begin : t.line, end < t.line ? end : t.line, at + begin * stride};
}

/// One phase of a row, zeros on both sides.
template <class T>
RAPT_LANES void pad_phase(const T* from, Index stride, PhaseRange range, Index line, T* to) {
  zero_from<T>(to, 0, range.begin);
  if (range.begin < range.end)
    copy_every<T>(from + range.from, stride, range.end - range.begin, to + range.begin);
  zero_from<T>(to, range.begin > range.end ? range.begin : range.end, line);
}

/// Both phases of a row of a stride of 2 that begins at most one zero before the image's.
template <class T>
RAPT_LANES void pad_two_phases(const T* from, Index count, const PhaseRange (&ranges)[2], Index line, T* to) {
#if RAPT_VECTOR_TYPES
  constexpr Index lanes = lane_count<T>;
  const bool swapped = ranges[0].from % 2 != 0;
  // Of the second phase a vector may begin where the first one's line ends: it is stored later.
  for (Index phase = 0; phase < 2; ++phase, to += line) {
    const bool odd = swapped == (phase == 0);
    const PhaseRange range = ranges[phase];
    to[0] = 0;
    for (Index i = 0; i < range.end - range.begin; i += lanes) {
      const Index left = count - 2 * i;
      const Lanes<T> low = left < lanes ? load_part<T>(from + 2 * i, left) : load<T>(from + 2 * i);
      Lanes<T> high{};
      if (left >= 2 * lanes) {
        high = load<T>(from + 2 * i + lanes);
      } else if (left > lanes) {
        high = load_part<T>(from + 2 * i + lanes, left - lanes);
      }
      store<T>(to + range.begin + i, odd ? odd_lanes<T>(low, high) : even_lanes<T>(low, high));
    }
    zero_from<T>(to, range.end, line);
  }
#else
  for (Index phase = 0; phase < 2; ++phase, to += line) pad_phase<T>(from, 2, ranges[phase], line, to);
#endif
  static_cast<void>(count);
}

/// Fills the copy; what is written behind a row is written again by the next one.
template <class T>
RAPT_LANES void pad_images(const PaddedImages<T>& t) {
  const Index stride = t.width.stride;
  // The divisions of two phases are made once.
  const PhaseRange ranges[2] = {phase_range(t, 0), phase_range(t, stride > 1 ? 1 : 0)};
  const auto begins_near = [](PhaseRange range) {
    return range.begin <= 1 && range.from <= 1 && range.begin < range.end;
  };
  const bool two = stride == 2 && begins_near(ranges[0]) && begins_near(ranges[1]);
  T* to = t.copy;
  for (Index n = 0; n < t.images; ++n) {
    for (Index c = 0; c < t.channels; ++c) {
      const T* const from = t.x + n * t.x_image + c * t.height.in * t.width.in;
      for (Index r = 0; r < t.lines; ++r, to += t.row) {
        const Index row = r + t.height.first;
        if (row < 0 || row >= t.height.in) {
          zero_from<T>(to, 0, t.row);
        } else if (two) {
          pad_two_phases<T>(from + row * t.width.in, t.width.in, ranges, t.line, to);
        } else {
          for (Index phase = 0; phase < stride; ++phase) {
            pad_phase<T>(from + row * t.width.in, stride, phase < 2 ? ranges[phase] : phase_range(t, phase),
                         t.line, to + phase * t.line);
          }
        }
      }
    }
  }
  for (Index i = 0; i < 64; ++i) to[i] = 0;
}
