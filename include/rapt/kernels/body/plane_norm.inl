// Normalisation of planes. Included by plane_norm.hpp for each width.

/// Sums of one kind that are kept apart, so that one addition does not wait for the last.
inline constexpr int plane_sums_apart = 4;

template <class T>
RAPT_LANES T sum_of_all(const Lanes<T> (&sums)[plane_sums_apart]) {
  return sum_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class T>
RAPT_ENTRY void plane_moments(const PlaneMoments<T>& t) {
  const T count = static_cast<T>(t.extent > 0 ? t.extent : 1);
  for (Index p = 0; p < t.planes; ++p) {
    const T* const x = t.x + p * t.extent;
    Lanes<T> sums[plane_sums_apart] = {}, squares[plane_sums_apart] = {};
    for_column_blocks<T>(t.extent, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int side_by_side = decltype(vectors)::value;
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) sums[j % plane_sums_apart] += load<T>(x, nth_piece<T>(piece, j));
    });
    const T m = sum_of_all<T>(sums) / count;
    const Lanes<T> mean = broadcast<T>(m);
    for_column_blocks<T>(t.extent, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int side_by_side = decltype(vectors)::value;
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const Lanes<T> away = counted<T>(load<T>(x, nth_piece<T>(piece, j)) - mean, piece);
        squares[j % plane_sums_apart] += away * away;
      }
    });
    t.mean[p] = m;
    t.squares[p] = sum_of_all<T>(squares);
  }
}

template <class T>
RAPT_ENTRY void plane_products(const PlaneProducts<T>& t) {
  for (Index p = 0; p < t.planes; ++p) {
    const T *const u = t.u + p * t.extent, *const x = t.x + p * t.extent;
    const Lanes<T> center = broadcast<T>(t.center[p]);
    Lanes<T> first[plane_sums_apart] = {}, second[plane_sums_apart] = {};
    for_column_blocks<T>(t.extent, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int side_by_side = decltype(vectors)::value;
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const auto at = nth_piece<T>(piece, j);
        const Lanes<T> d = load<T>(u, at);  // 0 behind the end, and so is its product
        first[j % plane_sums_apart] += d;
        second[j % plane_sums_apart] += d * (load<T>(x, at) - center);
      }
    });
    t.first[p] = sum_of_all<T>(first);
    t.second[p] = sum_of_all<T>(second);
  }
}

template <class T, int Terms>
RAPT_ENTRY void plane_sums(const PlaneSums<T>& t) {
  for (Index p = 0; p < t.planes; ++p) {
    const Index start = p * t.extent;
    const Lanes<T> center = broadcast<T>(t.center[p]), factor = broadcast<T>(t.factor[p]),
                   constant = broadcast<T>(t.constant[p]);
    Lanes<T> factors[Terms + 1] = {};
    RAPT_UNROLL
    for (int k = 0; k < Terms; ++k) factors[k] = broadcast<T>(t.terms[k].factor[p]);
    for_column_blocks<T>(t.extent, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int side_by_side = decltype(vectors)::value;
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const auto at = nth_piece<T>(piece, j);
        Lanes<T> y = (load<T>(t.x + start, at) - center) * factor + constant;
        RAPT_UNROLL
        for (int k = 0; k < Terms; ++k) y += factors[k] * load<T>(t.terms[k].u + start, at);
        store<T>(t.y + start, at, y);
      }
    });
  }
}
