#pragma once
/// \file  The generator of the attention-GAN: it completes a profile.

#include <rapt/attention/attention_pooling.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/embedding_bag.hpp>
#include <rapt/nn/linear.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// Profiles laid end to end: ids offsets[b] ... offsets[b + 1] - 1 are what user b has.
/// \shape ids (N), offsets (B + 1)
struct ProfileInput {
  TensorView<const Index, 1> ids;
  TensorView<const Index, 1> offsets;
};

/// Sizes of a ProfileGenerator.
struct ProfileGeneratorSize {
  Index dense = 128;     // width of the dense path
  Index attention = 64;  // width of item keys and values; 0 leaves attention out
  Index heads = 2;
  Index code = 64;  // width of the code that scores all items
  bool operator==(const ProfileGeneratorSize&) const = default;
};

/// Writes scores over all items from a profile of any length: a dense path beside two hops of attention over
/// the profile's items (the vector-wise generator of CFGAN, Chae et al. 2018, with the set encoder of this
/// library):
///
///     dense  = tanh(sum_i W_i / sqrt(n) + b)
///     first  = pool(K, V; seeds)
///     second = pool(K, V; seeds + Q first)
///     scores = S tanh(C [dense, first, second] + c) + s
///
/// with keys K_i and values V_i of the items of the profile, and pool as AttentionPooling.
///
/// \shape   ids (N), offsets (B + 1) -> (B, I); an empty profile is allowed
/// \init    as the parts; keys and values ~ N(0, 1/width)
/// \throws  ShapeError; std::out_of_range for an unknown id; std::invalid_argument where heads does not
///          divide the width of attention or offsets do not rise from 0 to N
/// \borrows ids and offsets until the matching backward
template <std::floating_point T>
struct ProfileGenerator {
  using Scalar = T;
  using Input = ProfileInput;
  using Output = TensorView<const T, 2>;

  EmbeddingBag<T> dense;  // (I, dense), sum over 1/sqrt(n)
  Tensor<T, 1> dense_bias;
  Embedding<T> key, value;  // (I, attention)
  AttentionPooling<T> first, second;
  Linear<T> query, code, scores;
  static constexpr auto parameters = std::tuple{
      field("dense", &ProfileGenerator::dense),  field("dense_bias", &ProfileGenerator::dense_bias),
      field("key", &ProfileGenerator::key),      field("value", &ProfileGenerator::value),
      field("first", &ProfileGenerator::first),  field("second", &ProfileGenerator::second),
      field("query", &ProfileGenerator::query),  field("code", &ProfileGenerator::code),
      field("scores", &ProfileGenerator::scores)};

  struct Cache {
    typename EmbeddingBag<T>::Cache dense;
    typename Embedding<T>::Cache key, value;
    typename AttentionPooling<T>::Cache first, second;
    typename Linear<T>::Cache query, code, scores;
    Tensor<T, 2> encoded;    // (B, dense + 2 attention)
    Tensor<T, 2> tanh_code;  // (B, code)
    Tensor<T, 2> d_code, d_dense, d_first, d_second;
    Tensor<T, 2> d_key, d_value;  // (N, attention), both hops
    static constexpr auto caches = std::tuple{
        field("dense", &Cache::dense), field("key", &Cache::key),       field("value", &Cache::value),
        field("first", &Cache::first), field("second", &Cache::second), field("query", &Cache::query),
        field("code", &Cache::code),   field("scores", &Cache::scores)};
  };

  ProfileGenerator() = default;
  ProfileGenerator(Index items, const ProfileGeneratorSize& size, RandomStream& stream)
      : dense(items, size.dense, stream, BagMode::sum_over_root),
        dense_bias({size.dense}),
        key(items, size.attention, stream),
        value(items, size.attention, stream),
        first(size.attention, size.heads, stream),
        second(size.attention, size.heads, stream),
        query(size.attention, size.attention, stream),
        code(size.dense + 2 * size.attention, size.code, stream),
        scores(size.code, items, stream) {
    const auto deviation = [](Index width) {
      return width == 0 ? T(1) : static_cast<T>(1 / std::sqrt(static_cast<double>(width)));
    };
    fill_normal(dense.weight.view(), 0, deviation(size.dense), stream);
    fill_normal(key.weight.view(), 0, deviation(size.attention), stream);
    fill_normal(value.weight.view(), 0, deviation(size.attention), stream);
  }

  Index items() const { return scores.out(); }
  Index dense_width() const { return dense_bias.extent(0); }
  Index attention_width() const { return first.width(); }

  Output forward(Input x, Cache& cache) const {
    const auto summed = dense.forward({x.ids, x.offsets, {}}, cache.dense);
    const Index batch = summed.extent(0), wide = dense_width(), narrow = attention_width();
    auto encoded = cache.encoded.resize({batch, wide + 2 * narrow}).matrix();
    encoded.leftCols(wide) = summed.matrix();
    encoded.leftCols(wide).rowwise() += dense_bias.matrix().row(0);
    encoded.leftCols(wide) = encoded.leftCols(wide).array().tanh().matrix();
    if (narrow != 0) {
      const auto keys = key.forward(x.ids, cache.key), values = value.forward(x.ids, cache.value);
      const auto once = first.forward({keys, values, x.offsets, {}}, cache.first);
      const auto asked = query.forward(once, cache.query);
      const auto twice = second.forward({keys, values, x.offsets, asked}, cache.second);
      encoded.middleCols(wide, narrow) = once.matrix();
      encoded.rightCols(narrow) = twice.matrix();
    }
    const auto linear = code.forward(cache.encoded, cache.code);
    cache.tanh_code.resize(linear.shape()).array() = linear.array().tanh();
    return scores.forward(cache.tanh_code, cache.scores);
  }

  void backward(Output dy, Cache& cache, ProfileGenerator* gradient,
                InputGradient = InputGradient::compute) const {
    expect_shape("ProfileGenerator::backward", "dy", dy.shape(), cache.scores.y.shape());
    if (gradient == nullptr) return;  // ids have no gradient
    // scores = S h + s, h = tanh(code)
    const auto dh = scores.backward(dy, cache.scores, &gradient->scores);
    cache.d_code.resize(dh.shape()).array() = dh.array() * (T(1) - cache.tanh_code.array().square());
    const auto d_encoded = code.backward(cache.d_code, cache.code, &gradient->code).matrix();
    const Index batch = d_encoded.rows(), wide = dense_width(), narrow = attention_width();
    // dense = tanh(sum + b)
    auto d_dense = cache.d_dense.resize({batch, wide}).matrix();
    d_dense =
        (d_encoded.leftCols(wide).array() * (T(1) - cache.encoded.matrix().leftCols(wide).array().square()))
            .matrix();
    gradient->dense_bias.matrix() += d_dense.colwise().sum();
    dense.backward(cache.d_dense, cache.dense, &gradient->dense);
    if (narrow != 0) backward_attention(d_encoded, cache, *gradient);
  }

 private:
  template <class Matrix>
  void backward_attention(const Matrix& d_encoded, Cache& cache, ProfileGenerator& gradient) const {
    const Index batch = d_encoded.rows(), wide = dense_width(), narrow = attention_width();
    // second = pool(K, V; seeds + Q first)
    cache.d_second.resize({batch, narrow}).matrix() = d_encoded.rightCols(narrow);
    const auto by_second = second.backward(cache.d_second, cache.second, &gradient.second);
    const auto by_query = query.backward(by_second.query, cache.query, &gradient.query);
    // first is read twice: by the code and by the query
    cache.d_first.resize({batch, narrow}).matrix() = d_encoded.middleCols(wide, narrow) + by_query.matrix();
    const auto by_first = first.backward(cache.d_first, cache.first, &gradient.first);
    cache.d_key.resize(by_first.key.shape()).matrix() = by_first.key.matrix() + by_second.key.matrix();
    cache.d_value.resize(by_first.value.shape()).matrix() =
        by_first.value.matrix() + by_second.value.matrix();
    key.backward(cache.d_key, cache.key, &gradient.key);
    value.backward(cache.d_value, cache.value, &gradient.value);
  }
};
RAPT_MODELS(Layer<ProfileGenerator<float>>, Layer<ProfileGenerator<double>>);

}  // namespace rapt
