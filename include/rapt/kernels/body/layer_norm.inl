// Normalisation of rows: by mean and variance, or not centred, by the mean square alone. Included by
// layer_norm.hpp for each width.

/// Rows taken side by side: their sums do not wait for each other, and what all share is loaded once.
inline constexpr int norm_rows_together = RAPT_LANE_REGISTERS == 32 ? 4 : 2;

template <class T>
RAPT_LANES T norm_count(Index width) {
  return static_cast<T>(width > 0 ? width : 1);
}

template <class T, int Rows, bool centred>
RAPT_LANES void layer_norm_together(const LayerNormRows<T>& t, Index n) {
  const T* const x = t.x + n * t.width;
  T* const y = t.y + n * t.width;
  Lanes<T> sums[Rows] = {}, mean[Rows] = {}, scale[Rows];
  if constexpr (centred) {
    sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
      RAPT_UNROLL
      for (int r = 0; r < Rows; ++r) sums[r] += load<T>(x + r * t.width, piece);
    });
    RAPT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const T m = sum_of<T>(sums[r]) / norm_count<T>(t.width);
      t.mean[n + r] = m;
      mean[r] = broadcast<T>(m);
      sums[r] = Lanes<T>{};
    }
  }
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    RAPT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const Lanes<T> away = counted<T>(load<T>(x + r * t.width, piece) - mean[r], piece);
      sums[r] += away * away;
    }
  });
  RAPT_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const T s = T(1) / std::sqrt(sum_of<T>(sums[r]) / norm_count<T>(t.width) + t.eps);
    t.scale[n + r] = s;
    scale[r] = broadcast<T>(s);
  }
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> weight = load<T>(t.weight, piece);
    Lanes<T> bias{};
    if constexpr (centred) bias = load<T>(t.bias, piece);
    RAPT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      store<T>(y + r * t.width, piece,
               (load<T>(x + r * t.width, piece) - mean[r]) * scale[r] * weight + bias);
    }
  });
}

template <class T, bool centred = true>
RAPT_ENTRY void layer_norm_rows(const LayerNormRows<T>& t) {
  Index n = 0;
  for (; n + norm_rows_together <= t.rows; n += norm_rows_together) {
    layer_norm_together<T, norm_rows_together, centred>(t, n);
  }
  for (; n < t.rows; ++n) layer_norm_together<T, 1, centred>(t, n);
}

template <class T, int Rows, bool centred>
RAPT_LANES void layer_norm_backward_together(const LayerNormBackwardRows<T>& t, Index n) {
  const T* const x = t.x + n * t.width;
  const T* const dy = t.dy + n * t.width;
  Lanes<T> first[Rows] = {}, second[Rows] = {}, mean[Rows] = {}, scale[Rows];
  RAPT_UNROLL
  for (int r = 0; r < Rows; ++r) {
    if constexpr (centred) mean[r] = broadcast<T>(t.mean[n + r]);
    scale[r] = broadcast<T>(t.scale[n + r]);
  }
  const bool sums_wanted = t.d_weight != nullptr;
  // y = weight z + bias, z = (x - mean) scale
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> weight = load<T>(t.weight, piece);
    Lanes<T> d_weight{}, d_bias{};
    RAPT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const Lanes<T> d = load<T>(dy + r * t.width, piece), away = load<T>(x + r * t.width, piece) - mean[r];
      const Lanes<T> dz = d * weight;
      if constexpr (centred) first[r] += dz;
      second[r] += dz * away;
      d_weight += d * (away * scale[r]);
      if constexpr (centred) d_bias += d;
    }
    if (sums_wanted) {
      store<T>(t.d_weight, piece, load<T>(t.d_weight, piece) + d_weight);
      if constexpr (centred) store<T>(t.d_bias, piece, load<T>(t.d_bias, piece) + d_bias);
    }
  });
  if (t.dx == nullptr) return;
  T* const dx = t.dx + n * t.width;
  const T share = T(1) / norm_count<T>(t.width);
  RAPT_UNROLL
  for (int r = 0; r < Rows; ++r) {
    first[r] = broadcast<T>(sum_of<T>(first[r]) * share);
    second[r] = broadcast<T>(sum_of<T>(second[r]) * share * t.scale[n + r] * t.scale[n + r]);
  }
  // z = (x - mean(x)) / sqrt(variance(x) + eps):  dx = scale (dz - mean(dz) - z mean(dz z)), where not
  // centred without the means
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> weight = load<T>(t.weight, piece);
    RAPT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const Lanes<T> dz = load<T>(dy + r * t.width, piece) * weight;
      const Lanes<T> away = load<T>(x + r * t.width, piece) - mean[r];
      store<T>(dx + r * t.width, piece, scale[r] * (dz - first[r] - away * second[r]));
    }
  });
}

template <class T, bool centred = true>
RAPT_ENTRY void layer_norm_backward_rows(const LayerNormBackwardRows<T>& t) {
  Index n = 0;
  for (; n + norm_rows_together <= t.rows; n += norm_rows_together) {
    layer_norm_backward_together<T, norm_rows_together, centred>(t, n);
  }
  for (; n < t.rows; ++n) layer_norm_backward_together<T, 1, centred>(t, n);
}
