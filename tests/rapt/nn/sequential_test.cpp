#include <rapt/nn/sequential.hpp>

#include <rapt/nn/dropout.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/gelu.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/residual.hpp>
#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <string>
#include <vector>

namespace {

template <class T>
using SequentialMlp = rapt::Sequential<rapt::Linear<T>, rapt::GELU<T>, rapt::Dropout<T>, rapt::Linear<T>>;
static_assert(rapt::Layer<SequentialMlp<float>> && rapt::Layer<SequentialMlp<double>>);

template <class T>
struct SequentialSample {
  explicit SequentialSample(rapt_test::Draw& draw) : SequentialSample(draw, draw.small(), draw.small()) {}
  SequentialSample(rapt_test::Draw& draw, rapt::Index in, rapt::Index hidden)
      : layer(rapt::Linear<T>(in, hidden, draw.values), rapt::GELU<T>{}, rapt::Dropout<T>(0.25),
              rapt::Linear<T>(hidden, draw.positive(), draw.values)),
        x(draw.normal<T, 2>({draw.size(), in})) {}
  SequentialMlp<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

// A user's own model of a depth known at run time only: a std::vector of blocks.
template <std::floating_point T>
struct SequentialTower {
  using Scalar = T;
  using Input = rapt::TensorView<const T, 2>;
  using Output = rapt::TensorView<const T, 2>;
  using Block =
      rapt::Residual<rapt::Sequential<rapt::LayerNorm<T>, rapt::Linear<T>, rapt::Tanh<T>, rapt::Dropout<T>>>;

  std::vector<Block> blocks;
  rapt::Linear<T> head;
  static constexpr auto parameters = std::tuple{rapt::field("blocks", &SequentialTower::blocks),
                                                rapt::field("head", &SequentialTower::head)};

  struct Cache {
    std::vector<typename Block::Cache> blocks;
    typename rapt::Linear<T>::Cache head;
    static constexpr auto caches =
        std::tuple{rapt::field("blocks", &Cache::blocks), rapt::field("head", &Cache::head)};
  };

  SequentialTower() = default;
  SequentialTower(rapt::Index depth, rapt::Index width, rapt::Index out, rapt::RandomStream& stream)
      : head(width, out, stream) {
    for (rapt::Index i = 0; i < depth; ++i) {
      blocks.emplace_back(rapt::Sequential(rapt::LayerNorm<T>(width), rapt::Linear<T>(width, width, stream),
                                           rapt::Tanh<T>{}, rapt::Dropout<T>(0.2)));
    }
  }

  Output forward(Input x, Cache& cache) const {
    cache.blocks.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) x = blocks[i].forward(x, cache.blocks[i]);
    return head.forward(x, cache.head);
  }
  Input backward(Output dy, Cache& cache, SequentialTower* gradient,
                 rapt::InputGradient wanted = rapt::InputGradient::compute) const {
    const bool first = blocks.empty();
    dy = head.backward(dy, cache.head, part(gradient, &SequentialTower::head),
                       first ? wanted : rapt::InputGradient::compute);
    for (std::size_t i = blocks.size(); i-- > 0;) {
      dy = blocks[i].backward(dy, cache.blocks[i], gradient == nullptr ? nullptr : &gradient->blocks[i],
                              i == 0 ? wanted : rapt::InputGradient::compute);
    }
    return dy;
  }
};
static_assert(rapt::Layer<SequentialTower<float>> && rapt::Layer<SequentialTower<double>>);

template <class T>
struct SequentialTowerSample {
  explicit SequentialTowerSample(rapt_test::Draw& draw)
      : layer(draw.small() - 1, draw.small() + 1, draw.positive(), draw.values),
        x(draw.normal<T, 2>({draw.size(), layer.head.in()})) {}
  SequentialTower<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Sequential", SequentialSample, "[nn][sequential]")
RAPT_TEST_TANGENT("Sequential", SequentialSample, "[nn][sequential]")
RAPT_TEST_LAYER("A vector of blocks", SequentialTowerSample, "[nn][sequential]")

TEMPLATE_TEST_CASE("Sequential gives the values worked out by hand", "[nn][sequential]", float, double) {
  using T = TestType;
  rapt::Sequential<rapt::Linear<T>, rapt::Linear<T>> chain;
  std::get<0>(chain.layers).weight = rapt::Tensor<T, 2>({2, 1}, {1, 2});
  std::get<0>(chain.layers).bias = rapt::Tensor<T, 1>({2}, {3, 4});
  std::get<1>(chain.layers).weight = rapt::Tensor<T, 2>({1, 2}, {5, 6});
  std::get<1>(chain.layers).bias = rapt::Tensor<T, 1>({1}, {7});
  const rapt::Tensor<T, 2> x({1, 1}, {10}), dy({1, 1}, {1});
  typename decltype(chain)::Cache cache;
  auto gradient = zeros_like(chain);
  CHECK(chain.forward(x, cache)(0, 0) == 5 * 13 + 6 * 24 + 7);
  CHECK(chain.backward(dy, cache, &gradient)(0, 0) == 5 * 1 + 6 * 2);
  CHECK(std::get<1>(gradient.layers).weight(0, 1) == 24);
  CHECK(std::get<0>(gradient.layers).weight(1, 0) == 60);
}

TEST_CASE("Sequential names its parameters by position", "[nn][sequential]") {
  rapt::RandomStream stream(1);
  rapt::Sequential chain(rapt::Linear<float>(5, 4, stream), rapt::GELU<float>{},
                         rapt::Linear<float>(4, 2, stream));
  std::string names;
  named_parameters([&](std::string_view name, auto&) { names += std::string(name) + " "; }, chain);
  CHECK(names == "0.weight 0.bias 2.weight 2.bias ");
  CHECK(parameter_count(chain) == 5 * 4 + 4 + 4 * 2 + 2);
}

TEST_CASE("Sequential may begin with a layer that reads ids", "[nn][sequential]") {
  rapt::RandomStream stream(1);
  const rapt::Sequential chain(rapt::Embedding<double>(6, 3, stream), rapt::Linear<double>(3, 2, stream));
  static_assert(rapt::Layer<std::remove_const_t<decltype(chain)>>);
  const rapt::Tensor<rapt::Index, 1> ids({2}, {5, 1});
  const auto report = rapt::testing::check_gradient(chain, ids);
  CHECK(report.worst < 1e-6);
  CHECK(report.samples == 18 + 6 + 2);
}

TEST_CASE("Sequential gives each of its dropouts a stream of its own", "[nn][sequential]") {
  const rapt::Sequential chain(rapt::Dropout<double>(0.5), rapt::Dropout<double>(0.5));
  std::remove_const_t<decltype(chain)>::Cache cache;
  start_training(cache, rapt::RandomStream(4));
  rapt::Tensor<double, 2> x({100, 100});
  x.fill(1);
  const auto y = chain.forward(x, cache);
  rapt::Index kept = 0;
  for (const double v : y) kept += v != 0;
  CHECK(kept > 2300);  // a quarter is kept where the masks are independent, half where they are one
  CHECK(kept < 2700);
}

TEST_CASE("Sequential is cast with its settings", "[nn][sequential]") {
  const rapt::Sequential chain(rapt::Dropout<double>(0.125), rapt::Tanh<double>{});
  const rapt::Sequential<rapt::Dropout<float>, rapt::Tanh<float>> single = rapt::cast<float>(chain);
  CHECK(std::get<0>(single.layers).p == 0.125);
}

TEST_CASE("Sequential agrees with PyTorch", "[nn][sequential][golden]") {
  rapt_test::check_layer_golden(
      "sequential", rapt::Sequential<rapt::Linear<double>, rapt::GELU<double>, rapt::LayerNorm<double>,
                                     rapt::Linear<double>>{});
}
