#pragma once
/// \file  Attention whose logits are the evidence itself, with a learned sharpness.

#include <rapt/core/checked.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/core/parallel.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace rapt {

/// Lists of evidence laid end to end: rows offsets[n] ... offsets[n + 1] - 1 speak about n.
/// \shape evidence (P, C), offsets (N + 1)
template <std::floating_point T>
struct EvidenceInput {
  TensorView<const T, 2> evidence;
  TensorView<const Index, 1> offsets;
  static constexpr auto tensors = std::tuple{&EvidenceInput::evidence};
};

/// `y_ch = sum_i softmax_i(t_ch m_ic) m_ic`: each head of each channel averages the evidence m under
/// attention that follows the evidence, between the plain mean (t = 0) and the maximum (t large); the
/// sharpness t is learned.
///
/// It judges a candidate by the profile items that speak for it: scaled dot product attention (Vaswani et al.
/// 2017, arXiv:1706.03762) with the item-to-item relation in place of the dot product, values and logits
/// being one number.
///
/// \shape   evidence (P, C), offsets (N + 1), sharpness (C, H) -> y (N, C * H)
/// \throws  ShapeError; std::invalid_argument where offsets do not rise from 0 to P
/// \borrows evidence and offsets until the matching backward
/// \note    an empty list gives 0
template <std::floating_point T>
struct EvidenceAttention {
  using Scalar = T;
  using Input = EvidenceInput<T>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 2> sharpness;  // (C, H)
  static constexpr auto parameters = std::tuple{field("sharpness", &EvidenceAttention::sharpness)};

  struct Cache {
    Input x;                  // borrowed
    Tensor<T, 2> y;           // (N, C * H)
    Tensor<T, 3> weights;     // (C, H, P), softmax over each list: the explanation
    Tensor<T, 2> d_logits;    // (N, C * H), gradient of each sharpness by list
    Tensor<T, 2> d_evidence;  // (P, C)
    ForwardStamp stamp;
  };

  EvidenceAttention() = default;
  /// The same starting sharpnesses for every channel.
  EvidenceAttention(Index channels, const std::vector<double>& starts)
      : sharpness({channels, static_cast<Index>(starts.size())}) {
    for (Index c = 0; c < channels; ++c) {
      for (Index h = 0; h < heads(); ++h)
        sharpness(c, h) = static_cast<T>(starts[static_cast<std::size_t>(h)]);
    }
  }

  Index channels() const { return sharpness.extent(0); }
  Index heads() const { return sharpness.extent(1); }

  Output forward(Input x, Cache& cache) const {
    check(x);
    cache.x = x;
    cache.stamp.set(this);
    const Index lists = x.offsets.extent(0) - 1;
    cache.y.resize({lists, channels() * heads()});
    cache.weights.resize({channels(), heads(), x.evidence.extent(0)});
    parallel_for_range(lists, grain, operations(x), [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        for (Index c = 0; c < channels(); ++c) {
          for (Index h = 0; h < heads(); ++h) cache.y(n, c * heads() + h) = pool(x, n, c, h, cache);
        }
      }
    });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, EvidenceAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    const Input& x = cache.x;
    expect_shape("EvidenceAttention::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    const bool wanted = input_gradient == InputGradient::compute;
    cache.d_logits.resize(cache.y.shape());
    if (wanted) {
      cache.d_evidence.resize(x.evidence.shape());
      cache.d_evidence.fill(0);
    }
    parallel_for_range(cache.y.extent(0), grain, operations(x), [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        for (Index c = 0; c < channels(); ++c) {
          for (Index h = 0; h < heads(); ++h) pool_backward(dy, n, c, h, wanted, cache);
        }
      }
    });
    if (gradient != nullptr) {
      // each list used the same sharpness; they add in the order of the lists
      for (Index c = 0; c < channels(); ++c) {
        for (Index h = 0; h < heads(); ++h) {
          gradient->sharpness(c, h) += cache.d_logits.matrix().col(c * heads() + h).sum();
        }
      }
    }
    if (!wanted) return {};
    return {cache.d_evidence, x.offsets};
  }

 private:
  static constexpr Index grain = 64;  // lists of one chunk

  Index operations(const Input& x) const {
    const Index lists = x.offsets.extent(0) - 1;
    return lists == 0 ? 0 : (x.evidence.size() / lists + 4) * heads() * 4;
  }
  void check(const Input& x) const {
    expect_shape("EvidenceAttention::forward", "evidence", x.evidence.shape(), {any, channels()});
    expect_offsets("EvidenceAttention::forward", x.offsets, x.evidence.extent(0));
  }

  auto list(const Input& x, Index n, Index c) const {
    return x.evidence.matrix().col(c).segment(x.offsets(n), x.offsets(n + 1) - x.offsets(n)).array();
  }
  auto weights_of(Cache& cache, Index n, Index c, Index h) const {
    const Index from = cache.x.offsets(n), count = cache.x.offsets(n + 1) - from;
    T* row = cache.weights.data() + (c * heads() + h) * cache.weights.extent(2);
    return Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(row + from, count);
  }

  T pool(const Input& x, Index n, Index c, Index h, Cache& cache) const {
    auto p = weights_of(cache, n, c, h);
    if (p.size() == 0) return 0;
    const auto m = list(x, n, c);
    p = sharpness(c, h) * m;
    p = (p - p.maxCoeff()).exp();
    p /= p.sum();
    return (p * m).sum();
  }

  void pool_backward(const Output& dy, Index n, Index c, Index h, bool wanted, Cache& cache) const {
    const Index column = c * heads() + h;
    const auto p = weights_of(cache, n, c, h);
    cache.d_logits(n, column) = 0;
    if (p.size() == 0) return;
    const auto m = list(cache.x, n, c);
    const T y = cache.y(n, column), g = dy(n, column);
    // y = sum_i p_i m_i, p = softmax(t m): dy/dt = sum_i p_i m_i (m_i - y)
    cache.d_logits(n, column) = g * (p * m * (m - y)).sum();
    if (!wanted) return;
    // m_i enters as value and as logit: dy/dm_i = p_i (1 + t (m_i - y))
    auto d = cache.d_evidence.matrix().col(c).segment(cache.x.offsets(n), p.size()).array();
    d += g * p * (T(1) + sharpness(c, h) * (m - y));
  }
};
RAPT_MODELS(Layer<EvidenceAttention<float>>, Layer<EvidenceAttention<double>>);

}  // namespace rapt
