#pragma once
/// \file  The discriminator of the attention-GAN: it judges the candidates that the generator proposes.

#include <rapt/attention/evidence_attention.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/silu.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// What a CandidateDiscriminator reads of N candidates: their features, the logit it starts from, and for
/// each the rows of evidence of the profile's items. \shape features (N, F), prior (N, 1), evidence (P, C),
/// evidence_offsets (N + 1)
template <std::floating_point T>
struct CandidateInput {
  TensorView<const T, 2> features, prior, evidence;
  TensorView<const Index, 1> evidence_offsets;
  static constexpr auto tensors =
      std::tuple{&CandidateInput::features, &CandidateInput::prior, &CandidateInput::evidence};
};

/// `D = prior + MLP(u) + w . u` with `u = [standardised features, attention over the evidence of the
/// profile]`: one logit a candidate, the larger the more it looks like an item that the user really has.
///
/// Both added terms start at 0, so training starts from the generator's own ranking (prior) and learns what
/// to correct. It is the discriminator of the game of IRGAN (Wang et al. 2017, arXiv:1705.10513) for one
/// round: the generator proposes, the discriminator tells held-out items from the other proposals.
///
/// \shape   CandidateInput -> (N, 1)
/// \init    the last layer and w are 0, the others as torch.nn.Linear
/// \throws  ShapeError; std::invalid_argument where evidence_offsets do not rise from 0 to P
/// \borrows its input until the matching backward
template <std::floating_point T>
struct CandidateDiscriminator {
  using Scalar = T;
  using Input = CandidateInput<T>;
  using Output = TensorView<const T, 2>;
  using Mlp = Sequential<Linear<T>, SiLU<T>, Linear<T>, SiLU<T>, Linear<T>>;

  EvidenceAttention<T> attention;
  Mlp mlp;
  Linear<T> skip;
  Tensor<T, 1> feature_mean, feature_scale;  // (F)
  static constexpr auto parameters =
      std::tuple{field("attention", &CandidateDiscriminator::attention),
                 field("mlp", &CandidateDiscriminator::mlp), field("skip", &CandidateDiscriminator::skip)};
  static constexpr auto buffers = std::tuple{field("feature_mean", &CandidateDiscriminator::feature_mean),
                                             field("feature_scale", &CandidateDiscriminator::feature_scale)};

  struct Cache {
    typename EvidenceAttention<T>::Cache attention;
    typename Mlp::Cache mlp;
    typename Linear<T>::Cache skip;
    Input x;            // borrowed
    Tensor<T, 2> u, y;  // (N, F + C H), (N, 1)
    Tensor<T, 2> du, d_pooled, d_features, d_prior;
    static constexpr auto caches = std::tuple{field("attention", &Cache::attention),
                                              field("mlp", &Cache::mlp), field("skip", &Cache::skip)};
  };

  CandidateDiscriminator() = default;
  /// \param sharpness  where the attention heads of each relation start; empty: no attention
  CandidateDiscriminator(Index features, Index relations, const std::vector<double>& sharpness, Index hidden,
                         RandomStream& stream)
      : attention(relations, sharpness), feature_mean({features}), feature_scale({features}) {
    const Index width = features + relations * attention.heads();
    mlp.layers = {Linear<T>(width, hidden, stream), SiLU<T>{}, Linear<T>(hidden, hidden, stream), SiLU<T>{},
                  Linear<T>(hidden, 1, stream)};
    set_zero(std::get<4>(mlp.layers));
    skip = Linear<T>(width, 1, stream, Bias::no);
    set_zero(skip);
    feature_scale.fill(1);
  }

  Index features() const { return feature_mean.extent(0); }

  /// Takes mean and deviation of each feature from a sample of lists. A constant feature is only centred.
  /// \shape sample (N, F) \throws ShapeError
  void standardise_by(TensorView<const T, 2> sample) {
    expect_shape<2>("CandidateDiscriminator::standardise_by", "sample", sample.shape(), {any, features()});
    if (sample.extent(0) == 0) return;
    for (Index f = 0; f < features(); ++f) {
      const auto column = sample.matrix().col(f).template cast<double>();
      const double mean = column.mean();
      const double deviation = std::sqrt((column.array() - mean).square().mean());
      feature_mean(f) = static_cast<T>(mean);
      feature_scale(f) = deviation > 1e-12 ? static_cast<T>(1 / deviation) : T(1);
    }
  }

  Output forward(Input x, Cache& cache) const {
    expect_shape<2>("CandidateDiscriminator::forward", "features", x.features.shape(), {any, features()});
    const Index n = x.features.extent(0);
    expect_shape<2>("CandidateDiscriminator::forward", "prior", x.prior.shape(), {n, 1});
    expect_shape<1>("CandidateDiscriminator::forward", "evidence_offsets", x.evidence_offsets.shape(),
                    {n + 1});
    cache.x = x;
    const auto pooled = attention.forward({x.evidence, x.evidence_offsets}, cache.attention);
    auto u = cache.u.resize({n, features() + pooled.extent(1)}).matrix();
    u.leftCols(features()) = x.features.matrix();
    u.leftCols(features()).rowwise() -= feature_mean.matrix().row(0);
    u.leftCols(features()).array().rowwise() *= feature_scale.matrix().row(0).array();
    u.rightCols(pooled.extent(1)) = pooled.matrix();
    const auto corrected = mlp.forward(cache.u, cache.mlp), straight = skip.forward(cache.u, cache.skip);
    cache.y.resize({n, 1}).matrix() = x.prior.matrix() + corrected.matrix() + straight.matrix();
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, CandidateDiscriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    using Self = CandidateDiscriminator;
    expect_shape("CandidateDiscriminator::backward", "dy", dy.shape(), cache.y.shape());
    // y = prior + mlp(u) + skip(u)
    const auto by_mlp = mlp.backward(dy, cache.mlp, part(gradient, &Self::mlp));
    const auto by_skip = skip.backward(dy, cache.skip, part(gradient, &Self::skip));
    auto du = cache.du.resize(cache.u.shape()).matrix();
    du = by_mlp.matrix() + by_skip.matrix();
    const Index width = features(), heads = du.cols() - width;
    // u = [(features - mean) scale, attention(evidence)]
    cache.d_pooled.resize({du.rows(), heads}).matrix() = du.rightCols(heads);
    const auto d_evidence =
        attention.backward(cache.d_pooled, cache.attention, part(gradient, &Self::attention), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    cache.d_features.resize({du.rows(), width}).matrix() = du.leftCols(width);
    cache.d_features.array().rowwise() *= feature_scale.matrix().row(0).array();
    cache.d_prior.copy_from(dy);
    return {cache.d_features, cache.d_prior, d_evidence.evidence, cache.x.evidence_offsets};
  }
};
RAPT_MODELS(Layer<CandidateDiscriminator<float>>, Layer<CandidateDiscriminator<double>>);

}  // namespace rapt
