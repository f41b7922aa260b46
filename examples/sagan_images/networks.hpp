#pragma once
/// \file  Generator and discriminator of a conditional SAGAN (Zhang et al. 2019, arXiv:1805.08318), small.

#include "gated_residual.hpp"
#include "image_data.hpp"
#include "recipe.hpp"

#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/gan/conditional.hpp>
#include <rapt/gan/projection_discriminator.hpp>
#include <rapt/gan/spectral_norm.hpp>
#include <rapt/nn/batch_norm_2d.hpp>
#include <rapt/nn/conv_2d.hpp>
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
Middle make_middle(Index channels, const Recipe& recipe, RandomStream& stream) {
  const Index key = recipe.key_width > 0 ? recipe.key_width : std::max<Index>(channels / 8, 1);
  const Index value = recipe.value_width > 0 ? recipe.value_width : std::max<Index>(channels / 2, 1);
  if constexpr (requires(Middle m) { m.query; }) {
    return Middle(channels, stream, {.key_width = key, .value_width = value});
  } else {
    // Attention has 2 C (key width + value width) weights, two maps C -> n -> C have 2 C n.
    using Inside = decltype(Middle::layer);
    using Convolution = std::tuple_element_t<0, typename Inside::Layers>;
    const auto map = [&](Index in, Index out) {
      return make_layer<Convolution>(rapt::Conv2d<float>(in, out, 1, stream, {.bias = rapt::Bias::no}),
                                     stream);
    };
    auto first = map(channels, key + value);
    auto second = map(key + value, channels);
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

/// Images from noise and class side by side: `base` pixels a side, doubled until they are full; the middle in
/// between.
template <class Middle>
struct ImageMaker {
  using Scalar = float;
  using Input = TensorView<const float, 2>;
  using Output = Image;
  using First = rapt::Sequential<rapt::Linear<float>, rapt::Unflatten<float>, rapt::BatchNorm2d<float>,
                                 rapt::ReLU<float, 4>>;
  using Up = rapt::Sequential<rapt::Upsample<float>, rapt::Conv2d<float>, rapt::BatchNorm2d<float>,
                              rapt::ReLU<float, 4>>;
  using Last = rapt::Sequential<rapt::Conv2d<float>, rapt::Tanh<float, 4>>;

  First first;
  std::vector<Up> before, after;  // of the middle
  Middle middle;
  Last last;
  static constexpr auto parameters =
      std::tuple{rapt::field("first", &ImageMaker::first), rapt::field("before", &ImageMaker::before),
                 rapt::field("middle", &ImageMaker::middle), rapt::field("after", &ImageMaker::after),
                 rapt::field("last", &ImageMaker::last)};

  struct Cache {
    typename First::Cache first;
    std::vector<typename Up::Cache> before, after;
    typename Middle::Cache middle;
    typename Last::Cache last;
    static constexpr auto caches =
        std::tuple{rapt::field("first", &Cache::first), rapt::field("before", &Cache::before),
                   rapt::field("middle", &Cache::middle), rapt::field("after", &Cache::after),
                   rapt::field("last", &Cache::last)};
  };

  ImageMaker() = default;
  ImageMaker(const Recipe& recipe, Index classes, RandomStream& stream) {
    const auto channels = [&](Index side) { return recipe.generator_width * (side == recipe.side ? 1 : 2); };
    const Index start = channels(recipe.base);
    first = First(rapt::Linear<float>(recipe.noise + classes, start * recipe.base * recipe.base, stream),
                  rapt::Unflatten<float>(start, recipe.base, recipe.base), rapt::BatchNorm2d<float>(start),
                  rapt::ReLU<float, 4>());
    for (Index side = recipe.base; side < recipe.side; side *= 2) {
      const Index out = channels(2 * side);
      Up up(rapt::Upsample<float>(), rapt::Conv2d<float>(channels(side), out, 3, stream, {.padding = 1}),
            rapt::BatchNorm2d<float>(out), rapt::ReLU<float, 4>());
      (2 * side <= recipe.attention_side ? before : after).push_back(std::move(up));
    }
    middle = make_middle<Middle>(channels(recipe.attention_side), recipe, stream);
    last = Last(rapt::Conv2d<float>(channels(recipe.side), 1, 3, stream, {.padding = 1}),
                rapt::Tanh<float, 4>());
  }

  Output forward(Input x, Cache& cache) const {
    const Image h = forward_all(before, first.forward(x, cache.first), cache.before);
    return last.forward(forward_all(after, middle.forward(h, cache.middle), cache.after), cache.last);
  }

  Input backward(Output dy, Cache& cache, ImageMaker* gradient,
                 rapt::InputGradient input_gradient = rapt::InputGradient::compute) const {
    Image dh = last.backward(dy, cache.last, part(gradient, &ImageMaker::last));
    dh = backward_all(after, dh, cache.after, part(gradient, &ImageMaker::after));
    dh = middle.backward(dh, cache.middle, part(gradient, &ImageMaker::middle));
    dh = backward_all(before, dh, cache.before, part(gradient, &ImageMaker::before));
    return first.backward(dh, cache.first, part(gradient, &ImageMaker::first), input_gradient);
  }
};

/// What a discriminator sees in an image: each map spectrally normalised, channels summed over the positions.
template <class Middle>
struct ImageFeatures {
  using Scalar = float;
  using Input = Image;
  using Output = TensorView<const float, 2>;
  using Block = rapt::Sequential<Normed<rapt::Conv2d<float>>, rapt::LeakyReLU<float, 4>>;

  std::vector<Block> before, after;  // of the middle
  Middle middle;
  static constexpr auto parameters =
      std::tuple{rapt::field("before", &ImageFeatures::before), rapt::field("middle", &ImageFeatures::middle),
                 rapt::field("after", &ImageFeatures::after)};

  struct Cache {
    std::vector<typename Block::Cache> before, after;
    typename Middle::Cache middle;
    rapt::Shape<4> shape{};  // of what is summed over its positions
    Tensor<float, 2> h;
    Tensor<float, 4> d_last;
    static constexpr auto caches =
        std::tuple{rapt::field("before", &Cache::before), rapt::field("middle", &Cache::middle),
                   rapt::field("after", &Cache::after)};
  };

  ImageFeatures() = default;
  ImageFeatures(const Recipe& recipe, RandomStream& stream) {
    const auto block = [&](Index in, Index out, Index kernel, Index stride) {
      rapt::Conv2d<float> convolution(in, out, kernel, stream, {.stride = stride, .padding = 1});
      return Block(Normed<rapt::Conv2d<float>>(std::move(convolution), stream),
                   rapt::LeakyReLU<float, 4>(0.1f));
    };
    const auto channels = [&](Index side) {
      return recipe.discriminator_width * (side == recipe.side ? 1 : 2);
    };
    const auto stage = [&](Index side, Block b) {
      (side >= recipe.attention_side ? before : after).push_back(std::move(b));
    };
    stage(recipe.side, block(1, recipe.discriminator_width, 3, 1));
    Index side = recipe.side;
    for (; side > recipe.base; side /= 2) stage(side / 2, block(channels(side), channels(side / 2), 4, 2));
    after.push_back(block(channels(side), channels(side), 3, 1));
    middle = make_middle<Middle>(channels(recipe.attention_side), recipe, stream);
  }

  /// Width of the features.
  static Index width(const Recipe& recipe) { return 2 * recipe.discriminator_width; }

  Output forward(Input x, Cache& cache) const {
    const Image f =
        forward_all(after, middle.forward(forward_all(before, x, cache.before), cache.middle), cache.after);
    cache.shape = f.shape();
    const auto planes = f.reshape(planes_of(cache));
    cache.h.resize({f.extent(0), f.extent(1)});
    for (Index i = 0; i < planes.extent(0); ++i) cache.h.data()[i] = planes[i].array().sum();
    return cache.h;
  }

  Input backward(Output dy, Cache& cache, ImageFeatures* gradient,
                 rapt::InputGradient input_gradient = rapt::InputGradient::compute) const {
    rapt::expect_shape("ImageFeatures::backward", "dy", dy.shape(), cache.h.shape());
    // h = sum of f over the positions
    const auto planes = cache.d_last.resize(cache.shape).reshape(planes_of(cache));
    for (Index i = 0; i < planes.extent(0); ++i) planes[i].array() = dy.data()[i];
    Image df = backward_all(after, cache.d_last, cache.after, part(gradient, &ImageFeatures::after));
    df = middle.backward(df, cache.middle, part(gradient, &ImageFeatures::middle));
    df = backward_all(before, df, cache.before, part(gradient, &ImageFeatures::before));
    return input_gradient == rapt::InputGradient::skip ? Input{} : df;
  }

 private:
  static rapt::Shape<2> planes_of(const Cache& cache) {
    const auto& [rows, channels, height, width] = cache.shape;
    return {rows * channels, height * width};
  }
};

// Both read the class as one 1 among zeros.
template <class Kind>
using Generator = rapt::Conditional<ImageMaker<typename Kind::OfGenerator>>;
template <class Kind>
using Discriminator =
    rapt::ProjectionDiscriminator<ImageFeatures<typename Kind::OfDiscriminator>, Normed<rapt::Linear<float>>>;

template <class Kind>
Generator<Kind> make_generator(const Recipe& recipe, Index classes, RandomStream stream) {
  return Generator<Kind>(ImageMaker<typename Kind::OfGenerator>(recipe, classes, stream));
}
template <class Kind>
Discriminator<Kind> make_discriminator(const Recipe& recipe, Index classes, RandomStream stream) {
  using Features = ImageFeatures<typename Kind::OfDiscriminator>;
  using Projection = Normed<rapt::Linear<float>>;
  Features features(recipe, stream);
  const Index width = Features::width(recipe);
  Projection head(rapt::Linear<float>(width, 1, stream), stream);
  Projection embedding(rapt::Linear<float>(classes, width, stream, rapt::Bias::no), stream);
  return {std::move(features), std::move(head), std::move(embedding)};
}

}  // namespace sagan
