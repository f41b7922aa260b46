// Batch normalisation. Included by batch_norm.hpp for each width.

/// The columns of row n that are asked for. Not to be formed where there are no rows, and perhaps no memory.
template <class T, class Columns>
RAPT_LANES T* row_of(T* data, const Columns& t, Index n) {
  return data + n * t.width + t.from;
}

template <class T>
RAPT_ENTRY void column_statistics(const ColumnStatistics<T>& t) {
  const T count = static_cast<T>(t.rows > 0 ? t.rows : 1);
  for_column_blocks<T>(t.to - t.from, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
    constexpr int side_by_side = decltype(vectors)::value;
    Lanes<T> mean[side_by_side] = {}, sums[side_by_side] = {};
    for (Index n = 0; n < t.rows; ++n) {
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) mean[j] += load<T>(row_of(t.x, t, n), nth_piece<T>(piece, j));
    }
    RAPT_UNROLL
    for (int j = 0; j < side_by_side; ++j) mean[j] /= broadcast<T>(count);
    for (Index n = 0; n < t.rows; ++n) {
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const Lanes<T> away = load<T>(row_of(t.x, t, n), nth_piece<T>(piece, j)) - mean[j];
        sums[j] += away * away;
      }
    }
    RAPT_UNROLL
    for (int j = 0; j < side_by_side; ++j) {
      store<T>(t.mean + t.from, nth_piece<T>(piece, j), mean[j]);
      store<T>(t.variance + t.from, nth_piece<T>(piece, j), sums[j] / broadcast<T>(count));
    }
  });
}

template <class T>
RAPT_ENTRY void batch_norm_rows(const BatchNormRows<T>& t) {
  for_column_blocks<T>(t.width, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
    constexpr int side_by_side = decltype(vectors)::value;
    for (Index n = 0; n < t.rows; ++n) {
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const auto at = nth_piece<T>(piece, j);
        const Lanes<T> z = (load<T>(t.x + n * t.width, at) - load<T>(t.mean, at)) * load<T>(t.scale, at);
        store<T>(t.y + n * t.width, at, z * load<T>(t.weight, at) + load<T>(t.bias, at));
      }
    }
  });
}

template <class T>
RAPT_ENTRY void batch_norm_backward_columns(const BatchNormBackwardColumns<T>& t) {
  for_column_blocks<T>(t.to - t.from, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
    constexpr int side_by_side = decltype(vectors)::value;
    Lanes<T> mean[side_by_side], scale[side_by_side], first[side_by_side] = {}, second[side_by_side] = {};
    RAPT_UNROLL
    for (int j = 0; j < side_by_side; ++j) {
      mean[j] = load<T>(t.mean + t.from, nth_piece<T>(piece, j));
      scale[j] = load<T>(t.scale + t.from, nth_piece<T>(piece, j));
    }
    for (Index n = 0; n < t.rows; ++n) {
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const auto at = nth_piece<T>(piece, j);
        const Lanes<T> d = load<T>(row_of(t.dy, t, n), at);
        first[j] += d;
        second[j] += d * (load<T>(row_of(t.x, t, n), at) - mean[j]);
      }
    }
    RAPT_UNROLL
    for (int j = 0; j < side_by_side; ++j) {
      const auto at = nth_piece<T>(piece, j);
      second[j] *= scale[j];
      // y = weight z + bias, z = (x - mean) scale
      if (t.d_weight == nullptr) continue;
      store<T>(t.d_weight + t.from, at, load<T>(t.d_weight + t.from, at) + second[j]);
      store<T>(t.d_bias + t.from, at, load<T>(t.d_bias + t.from, at) + first[j]);
    }
    if (t.dx == nullptr) return;
    // z = (x - mean(x)) / sqrt(variance(x) + eps):  dx = scale (dz - mean(dz) - z mean(dz z)), dz = weight dy
    RAPT_UNROLL
    for (int j = 0; j < side_by_side; ++j) {
      first[j] *= t.share;
      second[j] *= t.share * scale[j];
      scale[j] *= load<T>(t.weight + t.from, nth_piece<T>(piece, j));
    }
    for (Index n = 0; n < t.rows; ++n) {
      RAPT_UNROLL
      for (int j = 0; j < side_by_side; ++j) {
        const auto at = nth_piece<T>(piece, j);
        const Lanes<T> away = load<T>(row_of(t.x, t, n), at) - mean[j];
        const Lanes<T> d = load<T>(row_of(t.dy, t, n), at) - first[j] - away * second[j];
        store<T>(row_of(t.dx, t, n), at, scale[j] * d);
      }
    }
  });
}
