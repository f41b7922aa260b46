// Every kind of attention on one task: among six keys, find the one that belongs to the query.

#include <rapt/attention/additive_attention.hpp>
#include <rapt/attention/concat_attention.hpp>
#include <rapt/attention/dot_attention.hpp>
#include <rapt/attention/general_attention.hpp>
#include <rapt/attention/location_attention.hpp>
#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>
#include <rapt/attention/uniform_attention.hpp>
#include <rapt/loss/mse.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/optim/adam.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

namespace {

using rapt::Index;
using rapt::Tensor;

constexpr Index symbols = 8, keys = 6, width = 8;

// Symbols have one random code as a query and another as a key: what belongs together must be learned.
struct Task {
  Tensor<float, 2> query_code{{symbols, width}}, key_code{{symbols, width}};

  explicit Task(rapt::RandomStream& stream) {
    fill_normal(query_code.view(), 0, 1, stream);
    fill_normal(key_code.view(), 0, 1, stream);
  }
};

struct Batch {
  Tensor<float, 3> query, key, value, target;
  Tensor<Index, 1> match;  // the position of the key that is asked for

  // Six different symbols in random order, each with a random value; one of them is asked for.
  void draw(const Task& task, Index size, rapt::RandomStream& stream) {
    query.resize({size, 1, width});
    key.resize({size, keys, width});
    value.resize({size, keys, width});
    target.resize({size, 1, width});
    match.resize({size});
    fill_normal(value.view(), 0, 1, stream);
    std::array<Index, symbols> order{0, 1, 2, 3, 4, 5, 6, 7};
    for (Index b = 0; b < size; ++b) {
      rapt::shuffle<Index>(order, stream);
      match(b) = rapt::uniform_index(stream, keys);
      for (Index e = 0; e < width; ++e) {
        for (Index j = 0; j < keys; ++j) key(b, j, e) = task.key_code(order[static_cast<std::size_t>(j)], e);
        query(b, 0, e) = task.query_code(order[static_cast<std::size_t>(match(b))], e);
        target(b, 0, e) = value(b, match(b), e);
      }
    }
  }
};

// A trained map of the query, then attention: so that kinds without parameters can learn too.
template <class Attention>
struct Finder {
  using Scalar = float;
  rapt::Linear<float> map;
  Attention attention;
  static constexpr auto parameters =
      std::tuple{rapt::field("map", &Finder::map), rapt::field("attention", &Finder::attention)};

  struct Cache {
    rapt::Linear<float>::Cache map;
    typename Attention::Cache attention;
  };

  rapt::TensorView<const float, 3> forward(const Batch& batch, Cache& cache,
                                           rapt::NeedWeights need = rapt::NeedWeights::none) const {
    const auto query = map.forward(batch.query.rows(), cache.map).reshape(batch.query.shape());
    return attention.forward({.query = query, .key = batch.key, .value = batch.value, .need_weights = need},
                             cache.attention);
  }
  void backward(rapt::TensorView<const float, 3> dy, Cache& cache, Finder* gradient) const {
    const auto dx = attention.backward(dy, cache.attention, part(gradient, &Finder::attention));
    map.backward(dx.query.rows(), cache.map, part(gradient, &Finder::map), rapt::InputGradient::skip);
  }
};

struct Result {
  double error = 0, found = 0;  // mean squared error, share of queries whose largest weight is on their key
};

template <class Attention>
void train(const Task& task, Finder<Attention>& model) {
  rapt::RandomStream stream(2);
  auto gradient = zeros_like(model);
  rapt::Adam adam(model, {.rate = 0.01});
  const rapt::MSELoss<float> loss;
  rapt::MSELoss<float>::Cache loss_cache;
  typename Finder<Attention>::Cache cache;
  Batch batch;
  for (Index step = 0; step < 1500; ++step) {
    batch.draw(task, 32, stream);
    const auto y = model.forward(batch, cache);
    loss.forward(y.rows(), batch.target.rows(), loss_cache);
    set_zero(gradient);
    model.backward(loss.backward(loss_cache).reshape(y.shape()), cache, &gradient);
    adam.options.rate = step < 1000 ? 0.01 : 0.002;
    adam.step(model, gradient);
  }
}

template <class Attention>
Result measure(const Batch& batch, const Finder<Attention>& model) {
  typename Finder<Attention>::Cache cache;
  const auto y = model.forward(batch, cache, rapt::NeedWeights::averaged);
  const auto weights = cache.attention.weights();  // (B, 1, keys)
  const Index size = batch.match.size();
  Result result;
  result.error = static_cast<double>((y.array() - batch.target.array()).square().mean());
  for (Index b = 0; b < size; ++b) {
    const float* row = weights[b].data();
    if (std::max_element(row, row + keys) - row == batch.match(b))
      result.found += 1.0 / static_cast<double>(size);
  }
  std::printf("%10.3f %8.0f %%  ", result.error, 100 * result.found);
  for (Index j = 0; j < keys; ++j)
    std::printf("%c%.2f%c", j == batch.match(0) ? '[' : ' ', static_cast<double>(weights(0, 0, j)),
                j == batch.match(0) ? ']' : ' ');
  std::printf("\n");
  return result;
}

// Trains one kind, prints its line, and says whether it did what it can.
template <class Attention>
bool show(const char* name, Attention attention, const Task& task, const Batch& held_out, bool reads_keys) {
  rapt::RandomStream stream(3);
  Finder<Attention> model{rapt::Linear<float>(width, width, stream), std::move(attention)};
  train(task, model);
  std::printf("%-22s %6td", name, rapt::parameter_count(model));
  const Result result = measure(held_out, model);
  return reads_keys ? result.found > 0.95 && result.error < 0.1 : result.found < 0.4 && result.error > 0.6;
}

}  // namespace

int main() {
  rapt::RandomStream stream(1);
  const Task task(stream);
  Batch held_out;
  held_out.draw(task, 500, stream);

  std::printf("Six keys, one belongs to the query; its value is to be returned.\n\n");
  std::printf("%-22s %6s %10s %10s   weights of the first query, its key in brackets\n", "attention",
              "params", "error", "found");
  bool right = true;
  const auto kind = [&](const char* name, auto attention, bool reads_keys = true) {
    right = show(name, std::move(attention), task, held_out, reads_keys) && right;
  };
  kind("uniform", rapt::UniformAttention<float>{}, false);
  kind("location", rapt::LocationAttention<float>(width, keys, stream), false);
  kind("dot", rapt::DotAttention<float>{});
  kind("scaled dot product", rapt::ScaledDotProductAttention<float>{});
  kind("general", rapt::GeneralAttention<float>(width, width, stream));
  kind("additive", rapt::AdditiveAttention<float>(width, width, 16, stream));
  kind("concat", rapt::ConcatAttention<float>(width, width, 16, stream));
  kind("multi-head, 1 head", rapt::MultiheadAttention<float>(width, 1, stream));
  kind("multi-head, 2 heads", rapt::MultiheadAttention<float>(width, 2, stream));

  std::printf("\n%s\n", right ? "Every kind that compares the query with the keys finds its key.\n"
                                "The plain average cannot, and positions alone cannot either."
                              : "UNEXPECTED: a kind did not do what it can.");
  return right ? 0 : 1;
}
