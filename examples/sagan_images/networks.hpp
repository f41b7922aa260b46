#pragma once
/// \file  Generator and discriminator of a conditional SAGAN (Zhang et al. 2019, arXiv:1805.08318), small.

#include "gated_residual.hpp"
#include "image_data.hpp"
#include "recipe.hpp"

#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/gan/spectral_norm.hpp>
#include <rapt/nn/batch_norm_2d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/unflatten.hpp>
#include <rapt/nn/upsample.hpp>

#include <algorithm>
#include <concepts>
#include <tuple>
#include <utility>
#include <vector>

namespace sagan {

using rapt::RandomStream;
using Image = TensorView<const float, 4>;
using Labels = TensorView<const Index, 1>;
template <class L>
using Normed = rapt::SpectralNorm<L>;

// The two kinds of middle: attention over all positions, or a map of each position alone with as many
// parameters.
template <class Projection>
using Attention = rapt::SelfAttention2d<float, Projection>;
template <class Convolution>
using Pointwise = GatedResidual<rapt::Sequential<Convolution, rapt::LeakyReLU<float, 4>, Convolution>>;

struct WithAttention {
  using OfGenerator = Attention<rapt::Linear<float>>;
  using OfDiscriminator = Attention<Normed<rapt::Linear<float>>>;
};
struct WithoutAttention {
  using OfGenerator = Pointwise<rapt::Conv2d<float>>;
  using OfDiscriminator = Pointwise<Normed<rapt::Conv2d<float>>>;
};

template <class L>
L make_layer(rapt::Conv2d<float> convolution, RandomStream& stream) {
  if constexpr (std::same_as<L, rapt::Conv2d<float>>) {
    return convolution;
  } else {
    return L(std::move(convolution), stream);
  }
}

template <class Middle>
Middle make_middle(Index channels, RandomStream& stream) {
  if constexpr (requires(Middle m) { m.query; }) {
    return Middle(channels, stream);
  } else {
    // Attention has 2 C (key width + value width) weights, two maps C -> inner -> C have 2 C inner.
    using Inside = decltype(Middle::layer);
    using Convolution = std::tuple_element_t<0, typename Inside::Layers>;
    const Index inner = std::max<Index>(channels / 8, 1) + std::max<Index>(channels / 2, 1);
    const auto map = [&](Index in, Index out) {
      return make_layer<Convolution>(rapt::Conv2d<float>(in, out, 1, stream, {.bias = rapt::Bias::no}),
                                     stream);
    };
    auto first = map(channels, inner);
    auto second = map(inner, channels);
    return Middle(Inside(std::move(first), rapt::LeakyReLU<float, 4>(0.1f), std::move(second)));
  }
}

/// The middle's gamma and attention, for those who look.
template <class Middle>
constexpr bool attends = requires(Middle m) {
  m.query;
};

// Blocks one after another, their number known at run time.
template <class Block, class Caches>
Image forward_all(const std::vector<Block>& blocks, Image x, Caches& caches) {
  caches.resize(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) x = blocks[i].forward(x, caches[i]);
  return x;
}
template <class Block, class Caches>
Image backward_all(const std::vector<Block>& blocks, Image dy, Caches& caches, std::vector<Block>* gradient) {
  for (std::size_t i = blocks.size(); i-- > 0;) {
    dy = blocks[i].backward(dy, caches[i], gradient == nullptr ? nullptr : &(*gradient)[i]);
  }
  return dy;
}

/// What a generator makes an image from.
struct LabelledNoise {
  TensorView<const float, 2> x;  // (N, noise)
  Labels condition;              // (N)
  static constexpr auto tensors = std::tuple{&LabelledNoise::x, &LabelledNoise::condition};
};
/// What a discriminator judges.
struct LabelledImage {
  Image x;           // (N, 1, H, W)
  Labels condition;  // (N)
  static constexpr auto tensors = std::tuple{&LabelledImage::x, &LabelledImage::condition};
};

/// Images from noise and class: `base` pixels a side, doubled until they are full; attention in between.
template <class Middle>
struct Generator {
  using Scalar = float;
  using Input = LabelledNoise;
  using Output = Image;
  using First = rapt::Sequential<rapt::Unflatten<float>, rapt::BatchNorm2d<float>, rapt::ReLU<float, 4>>;
  using Up = rapt::Sequential<rapt::Upsample<float>, rapt::Conv2d<float>, rapt::BatchNorm2d<float>,
                              rapt::ReLU<float, 4>>;
  using Last = rapt::Sequential<rapt::Conv2d<float>, rapt::Tanh<float, 4>>;

  rapt::Linear<float> noise;
  rapt::Embedding<float> label;
  First first;
  std::vector<Up> before, after;  // of the middle
  Middle middle;
  Last last;
  static constexpr auto parameters =
      std::tuple{rapt::field("noise", &Generator::noise),   rapt::field("label", &Generator::label),
                 rapt::field("first", &Generator::first),   rapt::field("before", &Generator::before),
                 rapt::field("middle", &Generator::middle), rapt::field("after", &Generator::after),
                 rapt::field("last", &Generator::last)};

  struct Cache {
    rapt::Linear<float>::Cache noise;
    rapt::Embedding<float>::Cache label;
    Tensor<float, 2> sum;
    typename First::Cache first;
    std::vector<typename Up::Cache> before, after;
    typename Middle::Cache middle;
    typename Last::Cache last;
    static constexpr auto caches =
        std::tuple{rapt::field("first", &Cache::first), rapt::field("before", &Cache::before),
                   rapt::field("middle", &Cache::middle), rapt::field("after", &Cache::after),
                   rapt::field("last", &Cache::last)};
  };

  Generator() = default;
  Generator(const Recipe& recipe, Index classes, RandomStream stream) {
    const auto channels = [&](Index side) { return recipe.generator_width * (side == recipe.side ? 1 : 2); };
    const Index start = channels(recipe.base), numbers = start * recipe.base * recipe.base;
    noise = {recipe.noise, numbers, stream};
    label = {classes, numbers, stream};
    first = First(rapt::Unflatten<float>(start, recipe.base, recipe.base), rapt::BatchNorm2d<float>(start),
                  rapt::ReLU<float, 4>());
    for (Index side = recipe.base; side < recipe.side; side *= 2) {
      const Index out = channels(2 * side);
      Up up(rapt::Upsample<float>(), rapt::Conv2d<float>(channels(side), out, 3, stream, {.padding = 1}),
            rapt::BatchNorm2d<float>(out), rapt::ReLU<float, 4>());
      (2 * side <= recipe.attention_side ? before : after).push_back(std::move(up));
    }
    middle = make_middle<Middle>(channels(recipe.attention_side), stream);
    last = Last(rapt::Conv2d<float>(channels(recipe.side), 1, 3, stream, {.padding = 1}),
                rapt::Tanh<float, 4>());
  }

  Output forward(Input x, Cache& cache) const {
    const auto from_noise = noise.forward(x.x, cache.noise);
    const auto from_label = label.forward(x.condition, cache.label);
    rapt::expect_shape("Generator::forward", "condition", from_label.shape(), from_noise.shape());
    cache.sum.resize(from_noise.shape()).array() = from_noise.array() + from_label.array();
    Image h = forward_all(before, first.forward(cache.sum, cache.first), cache.before);
    h = forward_all(after, middle.forward(h, cache.middle), cache.after);
    return last.forward(h, cache.last);
  }

  Input backward(Output dy, Cache& cache, Generator* gradient,
                 rapt::InputGradient input_gradient = rapt::InputGradient::compute) const {
    Image dh = last.backward(dy, cache.last, part(gradient, &Generator::last));
    dh = backward_all(after, dh, cache.after, part(gradient, &Generator::after));
    dh = middle.backward(dh, cache.middle, part(gradient, &Generator::middle));
    dh = backward_all(before, dh, cache.before, part(gradient, &Generator::before));
    const auto d_sum = first.backward(dh, cache.first, part(gradient, &Generator::first));
    // sum = noise(z) + label(c)
    label.backward(d_sum, cache.label, part(gradient, &Generator::label));
    const auto dz = noise.backward(d_sum, cache.noise, part(gradient, &Generator::noise), input_gradient);
    return {dz, {}};
  }
};

/// Projection discriminator (Miyato and Koyama 2018, arXiv:1802.05637) with every map spectrally normalised:
/// features h, summed over the positions, give the logit `<w, h> + b + <v_class, h>`.
template <class Middle>
struct Discriminator {
  using Scalar = float;
  using Input = LabelledImage;
  using Output = TensorView<const float, 2>;
  using Block = rapt::Sequential<Normed<rapt::Conv2d<float>>, rapt::LeakyReLU<float, 4>>;

  std::vector<Block> before, after;  // of the middle
  Middle middle;
  Normed<rapt::Linear<float>> real, classes;
  static constexpr auto parameters =
      std::tuple{rapt::field("before", &Discriminator::before), rapt::field("middle", &Discriminator::middle),
                 rapt::field("after", &Discriminator::after), rapt::field("real", &Discriminator::real),
                 rapt::field("classes", &Discriminator::classes)};

  struct Cache {
    std::vector<typename Block::Cache> before, after;
    typename Middle::Cache middle;
    typename Normed<rapt::Linear<float>>::Cache real, classes;
    Labels condition;
    rapt::Shape<4> shape{};  // of what is summed over its positions
    Index class_count = 0;
    Tensor<float, 2> h, dh, logits, d_classes;
    Tensor<float, 4> d_last;
    static constexpr auto caches =
        std::tuple{rapt::field("before", &Cache::before), rapt::field("middle", &Cache::middle),
                   rapt::field("after", &Cache::after), rapt::field("real", &Cache::real),
                   rapt::field("classes", &Cache::classes)};
  };

  Discriminator() = default;
  Discriminator(const Recipe& recipe, Index class_count, RandomStream stream) {
    const Index width = recipe.discriminator_width;
    const auto block = [&](Index in, Index out, Index kernel, Index stride) {
      rapt::Conv2d<float> convolution(in, out, kernel, stream, {.stride = stride, .padding = 1});
      return Block(Normed<rapt::Conv2d<float>>(std::move(convolution), stream),
                   rapt::LeakyReLU<float, 4>(0.1f));
    };
    const auto channels = [&](Index side) { return width * (side == recipe.side ? 1 : 2); };
    const auto stage = [&](Index side, Block b) {
      (side >= recipe.attention_side ? before : after).push_back(std::move(b));
    };
    stage(recipe.side, block(1, width, 3, 1));
    Index side = recipe.side;
    for (; side > recipe.base; side /= 2) stage(side / 2, block(channels(side), channels(side / 2), 4, 2));
    after.push_back(block(channels(side), channels(side), 3, 1));
    middle = make_middle<Middle>(channels(recipe.attention_side), stream);
    real = Normed<rapt::Linear<float>>(rapt::Linear<float>(channels(side), 1, stream), stream);
    classes = Normed<rapt::Linear<float>>(
        rapt::Linear<float>(channels(side), class_count, stream, rapt::Bias::no), stream);
  }

  Output forward(Input x, Cache& cache) const {
    rapt::expect_shape("Discriminator::forward", "condition", x.condition.shape(), {x.x.extent(0)});
    Image f = middle.forward(forward_all(before, x.x, cache.before), cache.middle);
    f = forward_all(after, f, cache.after);
    cache.condition = x.condition;
    cache.shape = f.shape();
    const Index rows = f.extent(0), channels = f.extent(1), positions = f.extent(2) * f.extent(3);
    cache.h.resize({rows, channels});
    const auto planes = f.reshape(rapt::Shape<2>{rows * channels, positions});
    for (Index i = 0; i < rows * channels; ++i) cache.h.data()[i] = planes[i].array().sum();
    const auto in_general = real.forward(cache.h, cache.real);
    const auto of_class = classes.forward(cache.h, cache.classes);
    cache.class_count = of_class.extent(1);
    const auto logits = cache.logits.resize({rows, 1});
    for (Index n = 0; n < rows; ++n) {
      rapt::expect_id("Discriminator::forward", "class", x.condition(n), cache.class_count);
      logits(n, 0) = in_general(n, 0) + of_class(n, x.condition(n));
    }
    return cache.logits;
  }

  Input backward(Output dy, Cache& cache, Discriminator* gradient,
                 rapt::InputGradient input_gradient = rapt::InputGradient::compute) const {
    const Index rows = cache.shape[0], channels = cache.shape[1], positions = cache.shape[2] * cache.shape[3];
    rapt::expect_shape("Discriminator::backward", "dy", dy.shape(), {rows, 1});
    // logit = real(h) + classes(h) of the class
    const auto d_classes = cache.d_classes.resize({rows, cache.class_count});
    std::fill(d_classes.begin(), d_classes.end(), 0.f);
    for (Index n = 0; n < rows; ++n) d_classes(n, cache.condition(n)) = dy(n, 0);
    const auto from_real = real.backward(dy, cache.real, part(gradient, &Discriminator::real));
    const auto from_classes =
        classes.backward(cache.d_classes, cache.classes, part(gradient, &Discriminator::classes));
    cache.dh.resize({rows, channels}).array() = from_real.array() + from_classes.array();
    // h = sum of f over the positions
    const auto planes = cache.d_last.resize(cache.shape).reshape(rapt::Shape<2>{rows * channels, positions});
    for (Index i = 0; i < rows * channels; ++i) planes[i].array() = cache.dh.data()[i];
    Image df = backward_all(after, cache.d_last, cache.after, part(gradient, &Discriminator::after));
    df = middle.backward(df, cache.middle, part(gradient, &Discriminator::middle));
    df = backward_all(before, df, cache.before, part(gradient, &Discriminator::before));
    if (input_gradient == rapt::InputGradient::skip) return {};
    return {df, {}};
  }
};

}  // namespace sagan
