// Tangents of normalisation. Included by norm_tangent.hpp, which has the formulas, for each width.

template <class T, bool centred>
RAPT_ENTRY void layer_norm_tangent_rows(const LayerNormTangentRows<T>& t) {
  const T share = T(1) / static_cast<T>(t.width > 0 ? t.width : 1);
  for (Index n = 0; n < t.rows; ++n) {
    const T *const x = t.x + n * t.width, *const tangent = t.tangent + n * t.width;
    Lanes<T> mean{}, first{}, second{};
    if constexpr (centred) mean = broadcast<T>(t.mean[n]);
    sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
      const Lanes<T> u = load<T>(tangent, piece);
      if constexpr (centred) first += u;
      second += u * (load<T>(x, piece) - mean);
    });
    const T tangent_mean = sum_of<T>(first) * share;
    if constexpr (centred) t.tangent_mean[n] = tangent_mean;
    t.slope[n] = sum_of<T>(second) * share * t.scale[n];
    const Lanes<T> moved = broadcast<T>(tangent_mean), scale = broadcast<T>(t.scale[n]),
                   slope = broadcast<T>(t.slope[n] * t.scale[n]);
    sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
      const Lanes<T> away = load<T>(x, piece) - mean;
      const Lanes<T> u = load<T>(tangent, piece) - moved - away * slope;
      store<T>(t.y + n * t.width, piece, scale * u * load<T>(t.weight, piece));
    });
  }
}

/// What the gradients of S are made of, for one row or for the columns of one vector: V is T or Lanes<T>.
template <class V>
struct NormTangentSums {
  V a{}, az{}, av{}, c{}, cz{};  // sums of a, a (x - mean), a (x' - mean(x')), c, c (x - mean)
};

/// dS/dx' = scale a + tangent_x (x - mean) + tangent_0;
/// dS/dx  = scale c + of_a a + of_tangent (x' - mean(x')) + of_x (x - mean) + of_0
template <class V>
struct NormTangentFactors {
  V tangent_x, tangent_0, of_a, of_tangent, of_x, of_0;
};

/// `share` is 1 over the count of numbers summed over, or 0.
template <class V>
RAPT_LANES NormTangentFactors<V> norm_tangent_factors(const NormTangentSums<V>& sum, V scale, V slope,
                                                      V share) {
  const V mean_a = sum.a * share, p = sum.az * scale * share, v = sum.av * share;
  const V mean_c = sum.c * share, mean_cz = sum.cz * scale * share;
  const V square = scale * scale;
  NormTangentFactors<V> f;
  f.tangent_x = -square * p;
  f.tangent_0 = -scale * mean_a;
  f.of_a = -square * slope;
  f.of_tangent = -square * p;
  f.of_x = -square * (mean_cz + scale * (v - (p + p + p) * slope));
  f.of_0 = square * slope * mean_a - scale * mean_c;
  return f;
}

template <class T, bool centred, bool with_dy>
RAPT_LANES void layer_norm_backward_tangent_row(const LayerNormBackwardTangentRows<T>& t, Index n) {
  const Index at = n * t.width;
  Lanes<T> mean{}, moved{};
  if constexpr (centred) {
    mean = broadcast<T>(t.mean[n]);
    moved = broadcast<T>(t.tangent_mean[n]);
  }
  const Lanes<T> scale = broadcast<T>(t.scale[n]), slope = broadcast<T>(t.slope[n] * t.scale[n]);
  NormTangentSums<Lanes<T>> sums;
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> away = load<T>(t.x + at, piece) - mean, u = load<T>(t.tangent + at, piece) - moved;
    const Lanes<T> weight = load<T>(t.weight, piece), d = load<T>(t.d_dy + at, piece), a = weight * d;
    if constexpr (centred) sums.a += a;
    sums.az += a * away;
    sums.av += a * u;
    // y' = weight z', y = weight z + bias
    Lanes<T> d_weight = d * (u - away * slope);
    if constexpr (with_dy) {
      const Lanes<T> e = load<T>(t.dy + at, piece), c = weight * e;
      if constexpr (centred) sums.c += c;
      sums.cz += c * away;
      d_weight += e * away;
      if (centred && t.d_bias != nullptr) store<T>(t.d_bias, piece, load<T>(t.d_bias, piece) + e);
    }
    if (t.d_weight != nullptr) store<T>(t.d_weight, piece, load<T>(t.d_weight, piece) + scale * d_weight);
  });
  if (t.dx == nullptr) return;
  const NormTangentSums<T> all{sum_of<T>(sums.a), sum_of<T>(sums.az), sum_of<T>(sums.av), sum_of<T>(sums.c),
                               sum_of<T>(sums.cz)};
  const T share = T(1) / static_cast<T>(t.width > 0 ? t.width : 1);
  const auto f = norm_tangent_factors<T>(all, t.scale[n], t.slope[n], share);
  sweep<T>(t.width, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> away = load<T>(t.x + at, piece) - mean, u = load<T>(t.tangent + at, piece) - moved;
    const Lanes<T> weight = load<T>(t.weight, piece), a = weight * load<T>(t.d_dy + at, piece);
    store<T>(t.d_tangent + at, piece,
             scale * a + broadcast<T>(f.tangent_x) * away + broadcast<T>(f.tangent_0));
    Lanes<T> dx = broadcast<T>(f.of_a) * a + broadcast<T>(f.of_tangent) * u + broadcast<T>(f.of_x) * away +
                  broadcast<T>(f.of_0);
    if constexpr (with_dy) dx += scale * (weight * load<T>(t.dy + at, piece));
    store<T>(t.dx + at, piece, dx);
  });
}

template <class T, bool centred>
RAPT_ENTRY void layer_norm_backward_tangent_rows(const LayerNormBackwardTangentRows<T>& t) {
  for (Index n = 0; n < t.rows; ++n) {
    if (t.dy == nullptr) {
      layer_norm_backward_tangent_row<T, centred, false>(t, n);
    } else {
      layer_norm_backward_tangent_row<T, centred, true>(t, n);
    }
  }
}

template <class T, bool with_dy, class Piece>
RAPT_LANES void batch_norm_backward_tangent_vector(const BatchNormBackwardTangentColumns<T>& t, Piece at) {
  const Lanes<T> mean = load<T>(t.mean, at), scale = load<T>(t.scale, at), weight = load<T>(t.weight, at);
  const Lanes<T> moved = load<T>(t.tangent_mean, at), slope = load<T>(t.slope, at);
  NormTangentSums<Lanes<T>> sums;
  for (Index n = 0; n < t.rows; ++n) {
    const Lanes<T> away = load<T>(t.x + n * t.width, at) - mean, d = load<T>(t.d_dy + n * t.width, at);
    sums.a += d;
    sums.az += d * away;
    sums.av += d * (load<T>(t.tangent + n * t.width, at) - moved);
    if constexpr (with_dy) {
      const Lanes<T> e = load<T>(t.dy + n * t.width, at);
      sums.c += e;
      sums.cz += e * away;
    }
  }
  if (t.d_weight != nullptr) {
    // y' = weight z', y = weight z + bias
    const Lanes<T> d_weight = scale * (sums.av - scale * slope * sums.az + sums.cz);
    store<T>(t.d_weight, at, load<T>(t.d_weight, at) + d_weight);
    store<T>(t.d_bias, at, load<T>(t.d_bias, at) + sums.c);
  }
  if (t.dx == nullptr) return;
  // One weight for the column: it multiplies d_dy and dy in the end.
  const auto f = norm_tangent_factors<Lanes<T>>(sums, scale, slope, broadcast<T>(t.share));
  for (Index n = 0; n < t.rows; ++n) {
    const Lanes<T> away = load<T>(t.x + n * t.width, at) - mean, d = load<T>(t.d_dy + n * t.width, at);
    const Lanes<T> u = load<T>(t.tangent + n * t.width, at) - moved;
    store<T>(t.d_tangent + n * t.width, at, weight * (scale * d + f.tangent_x * away + f.tangent_0));
    Lanes<T> dx = f.of_a * d + f.of_tangent * u + f.of_x * away + f.of_0;
    if constexpr (with_dy) dx += scale * load<T>(t.dy + n * t.width, at);
    store<T>(t.dx + n * t.width, at, weight * dx);
  }
}

template <class T>
RAPT_ENTRY void batch_norm_backward_tangent_columns(const BatchNormBackwardTangentColumns<T>& t) {
  sweep<T>(t.to - t.from, [&](auto piece) RAPT_LANES_LAMBDA {
    piece.at += t.from;
    if (t.dy == nullptr) {
      batch_norm_backward_tangent_vector<T, false>(t, piece);
    } else {
      batch_norm_backward_tangent_vector<T, true>(t, piece);
    }
  });
}
