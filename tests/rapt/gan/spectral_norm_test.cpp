#include <rapt/gan/spectral_norm.hpp>

#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <Eigen/Eigenvalues>

#include <cmath>
#include <limits>
#include <string>

namespace {

// The vectors of a converged power iteration: only there does the value not move with them, and the gradient
// that takes them for constants is what finite differences of a training forward see.
template <class L, class Input>
void spectral_norm_converge(L& layer, Input x) {
  typename L::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  for (int i = 0; i < 4000; ++i) {
    const auto before = layer.weight_u;
    layer.forward(x, cache);
    layer.absorb(cache);
    if (i > 100 && rapt::testing::largest_difference(before, layer.weight_u) < 1e-15) break;
  }
}

template <class L, std::size_t Rank>
struct SpectralNormSample {
  using T = typename L::Scalar;
  SpectralNormSample(rapt_test::Draw& draw, L inner, const rapt::Shape<Rank>& shape)
      : layer(std::move(inner), draw.values), x(draw.normal<T, Rank>(shape)) {
    spectral_norm_converge(layer, input());
  }
  rapt::SpectralNorm<L> layer;
  rapt::Tensor<T, Rank> x;
  auto input() const { return x.view(); }
};

template <class T>
struct SpectralNormLinearSample : SpectralNormSample<rapt::Linear<T>, 2> {
  explicit SpectralNormLinearSample(rapt_test::Draw& draw)
      : SpectralNormLinearSample(draw, draw.size(), draw.size()) {}
  SpectralNormLinearSample(rapt_test::Draw& draw, rapt::Index in, rapt::Index out)
      : SpectralNormSample<rapt::Linear<T>, 2>(
            draw, {in, out, draw.values, uniform_index(draw.ids, 2) == 0 ? rapt::Bias::yes : rapt::Bias::no},
            {draw.size(), in}) {}
};

template <class T>
struct SpectralNormConv2dSample : SpectralNormSample<rapt::Conv2d<T>, 4> {
  explicit SpectralNormConv2dSample(rapt_test::Draw& draw)
      : SpectralNormConv2dSample(draw, draw.small(), draw.small(), 1 + draw.small() % 2) {}
  SpectralNormConv2dSample(rapt_test::Draw& draw, rapt::Index in, rapt::Index out, rapt::Index groups)
      : SpectralNormSample<rapt::Conv2d<T>, 4>(
            draw,
            {in * groups, out * groups, {2, 3}, draw.values, {.stride = 2, .padding = 1, .groups = groups}},
            {draw.small() - 1, in * groups, draw.small(), draw.small()}) {}
};

template <class T>
struct SpectralNormConvTranspose2dSample : SpectralNormSample<rapt::ConvTranspose2d<T>, 4> {
  explicit SpectralNormConvTranspose2dSample(rapt_test::Draw& draw)
      : SpectralNormConvTranspose2dSample(draw, draw.small(), draw.small(), 1 + draw.small() % 2) {}
  SpectralNormConvTranspose2dSample(rapt_test::Draw& draw, rapt::Index in, rapt::Index out,
                                    rapt::Index groups)
      : SpectralNormSample<rapt::ConvTranspose2d<T>, 4>(
            draw, {in * groups, out * groups, {2, 3}, draw.values, {.stride = 2, .groups = groups}},
            {draw.small() - 1, in * groups, draw.small(), draw.small()}) {}
};

template <class T>
struct SpectralNormEmbeddingSample {
  explicit SpectralNormEmbeddingSample(rapt_test::Draw& draw)
      : layer(rapt::Embedding<T>(draw.positive(), draw.size(), draw.values), draw.values),
        ids(draw.indices<1>({draw.size()}, layer.rows())) {
    spectral_norm_converge(layer, input());
  }
  rapt::SpectralNorm<rapt::Embedding<T>> layer;
  rapt::Tensor<rapt::Index, 1> ids;
  auto input() const { return ids.view(); }
};

}  // namespace

RAPT_TEST_LAYER("SpectralNorm", SpectralNormLinearSample, "[gan][spectral_norm]")
RAPT_TEST_TANGENT("SpectralNorm", SpectralNormLinearSample, "[gan][spectral_norm]")
RAPT_TEST_LAYER("SpectralNorm of Conv2d", SpectralNormConv2dSample, "[gan][spectral_norm]")
RAPT_TEST_TANGENT("SpectralNorm of Conv2d", SpectralNormConv2dSample, "[gan][spectral_norm]")
RAPT_TEST_LAYER("SpectralNorm of ConvTranspose2d", SpectralNormConvTranspose2dSample, "[gan][spectral_norm]")
RAPT_TEST_TANGENT("SpectralNorm of ConvTranspose2d", SpectralNormConvTranspose2dSample,
                  "[gan][spectral_norm]")
RAPT_TEST_LAYER("SpectralNorm of Embedding", SpectralNormEmbeddingSample, "[gan][spectral_norm]")

TEMPLATE_TEST_CASE("SpectralNorm gives the values worked out by hand", "[gan][spectral_norm]", float,
                   double) {
  using T = TestType;
  rapt::RandomStream stream(1);
  rapt::SpectralNorm layer(rapt::Linear<T>(2, 2, stream), stream);
  layer.weight = rapt::Tensor<T, 2>({2, 2}, {4, 0, 0, 1});
  layer.bias = rapt::Tensor<T, 1>({2}, {1, 2});
  layer.weight_u = rapt::Tensor<T, 1>({2}, {1, 0});
  layer.weight_v = rapt::Tensor<T, 1>({2}, {1, 0});
  const rapt::Tensor<T, 2> x({1, 2}, {8, 4}), dy({1, 2}, {1, 1});
  typename decltype(layer)::Cache cache;
  // s = 4: y = (8, 1) + (1, 2)
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0) == Catch::Approx(9));
  CHECK(y(0, 1) == Catch::Approx(3));
  // By W / s the gradient is ((8, 4), (8, 4)), by 1 / s through s it is 8 * 1 + 4 * 0.25 = 9 times u v^T.
  auto gradient = rapt::zeros_like(layer);
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx(0, 0) == Catch::Approx(1));
  CHECK(dx(0, 1) == Catch::Approx(0.25));
  CHECK(gradient.weight(0, 0) == Catch::Approx((8 - 9) / 4.0));
  CHECK(gradient.weight(0, 1) == Catch::Approx(1));
  CHECK(gradient.weight(1, 0) == Catch::Approx(2));
  CHECK(gradient.weight(1, 1) == Catch::Approx(1));
  CHECK(gradient.bias(1) == 1);

  // A training forward makes v = W^T u / |.|, u = W v / |.| of u = (3, 4) / 5: v = (12, 4) / sqrt(160),
  // u = (48, 4) / sqrt(2320), s = u^T W v = 2320 / sqrt(2320 * 160).
  layer.weight_u = rapt::Tensor<T, 1>({2}, {T(0.6), T(0.8)});
  start_training(cache, stream);
  CHECK(layer.forward(x, cache)(0, 0) - 1 == Catch::Approx(32 / std::sqrt(2320.0 / 160)));
  CHECK(layer.weight_u(0) == T(0.6));
  layer.absorb(cache);
  CHECK(layer.weight_u(0) == Catch::Approx(48 / std::sqrt(2320.0)));
  CHECK(layer.weight_u(1) == Catch::Approx(4 / std::sqrt(2320.0)));
  CHECK(layer.weight_v(0) == Catch::Approx(12 / std::sqrt(160.0)));
}

TEST_CASE("SpectralNorm keeps what a training pass proposed when it absorbs and not before",
          "[gan][spectral_norm]") {
  rapt_test::Draw draw(3);
  rapt::SpectralNorm layer(rapt::Linear<double>(5, 4, draw.values), draw.values);
  const auto x = draw.normal<double, 2>({3, 5}), z = draw.normal<double, 2>({2, 5});
  const auto first = layer.weight_u;
  decltype(layer)::Cache real, fake, prediction;
  layer.forward(x, prediction);
  layer.absorb(prediction);  // proposes nothing
  CHECK(rapt::testing::largest_difference(layer.weight_u, first) == 0);
  start_training(real, draw.ids);
  start_training(fake, draw.ids);
  layer.forward(x, real);
  layer.forward(z, fake);
  // Both passes begin with the layer's own vectors: one s for both, and the second to be absorbed adds
  // nothing.
  CHECK(real.scale == fake.scale);
  CHECK(rapt::testing::largest_difference(layer.weight_u, first) == 0);
  layer.absorb(real);
  const auto kept = layer.weight_u;
  CHECK(rapt::testing::largest_difference(kept, first) > 0);
  layer.absorb(fake);
  CHECK(rapt::testing::largest_difference(layer.weight_u, kept) == 0);
  // What was kept is what a prediction divides by.
  layer.forward(x, prediction);
  CHECK(prediction.scale == Catch::Approx(real.scale).epsilon(1e-14));
}

TEST_CASE("SpectralNorm brings the largest singular value to 1", "[gan][spectral_norm]") {
  rapt_test::Draw draw(4);
  rapt::SpectralNorm layer(rapt::Conv2d<double>(3, 4, 3, draw.values), draw.values);
  layer.weight = draw.normal<double, 4>(layer.weight.shape(), 5);
  const auto x = draw.normal<double, 4>({1, 3, 3, 3});
  spectral_norm_converge(layer, x.view());
  decltype(layer)::Cache cache;
  layer.forward(x, cache);
  const Eigen::Map<const rapt::RowMatrix<double>> w(cache.normalised.weight.data(), 4, 27);
  const Eigen::MatrixXd square = w * w.transpose();
  CHECK(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(square).eigenvalues().maxCoeff() == Catch::Approx(1));
}

TEST_CASE("SpectralNorm in a chain is absorbed and bears the names of PyTorch", "[gan][spectral_norm]") {
  rapt::RandomStream stream(1);
  using rapt::SpectralNorm;
  rapt::Sequential net{SpectralNorm(rapt::Conv2d<float>(1, 2, 3, stream), stream),
                       SpectralNorm(rapt::ConvTranspose2d<float>(2, 3, 2, stream), stream)};
  std::string names;
  named_parameters([&](std::string_view n, const auto&) { names += std::string(n) + " "; }, net);
  CHECK(names == "0.weight_orig 0.bias 1.weight_orig 1.bias ");
  std::string buffers;
  named_buffers(
      [&](std::string_view n, const auto& b) { buffers += std::string(n) + rapt::to_string(b.shape()); },
      net);
  CHECK(buffers == "0.weight_u(2)0.weight_v(9)1.weight_u(3)1.weight_v(8)");
  CHECK(parameter_count(net) == 2 * 9 + 2 + 2 * 3 * 4 + 3);

  const rapt::Tensor<float, 4> x({1, 1, 4, 4});
  decltype(net)::Cache cache;
  start_training(cache, stream);
  net.forward(x, cache);
  const auto before = std::get<0>(net.layers).weight_u;
  absorb(net, cache);
  CHECK(rapt::testing::largest_difference(std::get<0>(net.layers).weight_u, before) > 0);

  std::get<0>(net.layers).n_power_iterations = 3;
  const auto wide = rapt::cast<double>(net);
  CHECK(std::get<0>(wide.layers).n_power_iterations == 3);
  CHECK(std::get<1>(wide.layers).weight_v(0) == double(std::get<1>(net.layers).weight_v(0)));
  CHECK(std::get<0>(wide.layers).stride == rapt::PerAxis(1));
}

TEST_CASE("GanTrainer keeps one power iteration of a spectral norm for each update of the discriminator",
          "[gan][spectral_norm][trainer]") {
  rapt_test::Draw draw(5);
  using SpectralLinear = rapt::SpectralNorm<rapt::Linear<float>>;
  using D = rapt::Sequential<SpectralLinear, rapt::Tanh<float>, SpectralLinear>;
  using G = rapt::Linear<float>;
  const auto spectral = [&](rapt::Index in, rapt::Index out) {
    return SpectralLinear(rapt::Linear<float>(in, out, draw.values), draw.values);
  };
  D d{spectral(3, 4), rapt::Tanh<float>{}, spectral(4, 1)};
  G g(2, 3, draw.values);
  const auto z = draw.normal<float, 2>({6, 2}), x = draw.normal<float, 2>({6, 3});
  rapt::GanTrainer<G, D, rapt::HingeGanLoss<float>, rapt::R1Penalty> trainer(g, d);
  const auto step = [&] { return trainer.step(g, d, z, x); };
  step();
  // Real samples, fakes, penalty and generator read D in this step; the layer's vectors move once, by the
  // weight before the update.
  SpectralLinear before = std::get<0>(d.layers);
  SpectralLinear::Cache cache;
  start_training(cache, draw.ids);
  before.forward(x, cache);
  CHECK(step().finite());
  CHECK(rapt::testing::largest_difference(std::get<0>(d.layers).weight_u, cache.u) == 0);
  CHECK(rapt::testing::largest_difference(std::get<0>(d.layers).weight_v, cache.v) == 0);
  if (rapt_test::can_count_allocations()) {
    const long counted = rapt_test::allocation_count();
    step();
    const long after = rapt_test::allocation_count();
    CHECK(after == counted);
  }
}

TEST_CASE("SpectralNorm of a weight of 0 leaves it and recovers", "[gan][spectral_norm]") {
  rapt::RandomStream stream(1);
  rapt::SpectralNorm layer(rapt::Linear<double>(2, 2, stream), stream);
  layer.weight.fill(0);
  const rapt::Tensor<double, 2> x({1, 2}, {1, 2}), dy({1, 2}, {1, 1});
  decltype(layer)::Cache cache;
  auto gradient = rapt::zeros_like(layer);
  start_training(cache, stream);
  CHECK(layer.forward(x, cache)(0, 0) == layer.bias(0));
  layer.backward(dy, cache, &gradient);
  CHECK(gradient.weight(0, 1) == 2);
  layer.absorb(cache);
  layer.weight.fill(3);
  for (int i = 0; i < 5; ++i) {
    layer.forward(x, cache);
    layer.absorb(cache);
  }
  CHECK(cache.scale == Catch::Approx(1.0 / 6));
}

TEST_CASE("SpectralNorm of a row table marks every row as touched", "[gan][spectral_norm]") {
  rapt::RandomStream stream(1);
  const rapt::SpectralNorm layer(rapt::Embedding<double>(4, 2, stream), stream);
  const rapt::Tensor<rapt::Index, 1> ids({1}, {2});
  const rapt::Tensor<double, 2> dy({1, 2}, {1, 1});
  decltype(layer)::Cache cache;
  auto gradient = rapt::zeros_like(layer);
  layer.forward(ids, cache);
  layer.backward(dy, cache, &gradient);
  CHECK(gradient.touched.rows().size() == 4);
  CHECK(gradient.weight(0, 0) != 0);
}

TEST_CASE("SpectralNorm names what does not fit", "[gan][spectral_norm][errors]") {
  using Catch::Matchers::Message;
  rapt::RandomStream stream(1);
  const rapt::Linear<float> inner(2, 3, stream);
  CHECK_THROWS_MATCHES(rapt::SpectralNorm(inner, stream, 0), std::invalid_argument,
                       Message("SpectralNorm: n_power_iterations is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::SpectralNorm(inner, stream, 1, -1.0), std::invalid_argument,
                       Message("SpectralNorm: eps is -1, expected at least 0"));
  rapt::SpectralNorm layer(inner, stream);
  rapt::SpectralNorm other(rapt::Linear<float>(4, 3, stream), stream);
  const rapt::Tensor<float, 2> x({1, 2});
  decltype(layer)::Cache cache;
  start_training(cache, stream);
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(other.absorb(cache), rapt::ShapeError,
                       Message("SpectralNorm::absorb: weight_v has shape (2), expected (4)"));
  layer.weight_u = rapt::Tensor<float, 1>({5});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("SpectralNorm::forward: weight_u has shape (5), expected (3)"));
  layer.n_power_iterations = -1;
  CHECK_THROWS_MATCHES(layer.forward(x, cache), std::invalid_argument,
                       Message("SpectralNorm::forward: n_power_iterations is -1, expected at least 1"));
}

TEST_CASE("SpectralNorm adds only to a gradient that fits", "[gan][spectral_norm][errors]") {
  using Catch::Matchers::Message;
  rapt::RandomStream stream(1);
  using L = rapt::SpectralNorm<rapt::Linear<float>>;
  L layer(rapt::Linear<float>(3, 2, stream), stream);
  const rapt::Tensor<float, 2> x({2, 3});
  L::Cache cache;
  const auto y = layer.forward(x, cache);
  auto other = rapt::zeros_like(L(rapt::Linear<float>(1, 1, stream), stream));
  CHECK_THROWS_MATCHES(layer.backward(y, cache, &other), rapt::ShapeError,
                       Message("SpectralNorm::backward: d_weight has shape (1, 1), expected (2, 3)"));
  auto bare = rapt::zeros_like(L(rapt::Linear<float>(3, 2, stream, rapt::Bias::no), stream));
  CHECK_THROWS_MATCHES(layer.backward(y, cache, &bare), rapt::ShapeError,
                       Message("SpectralNorm::backward: d_bias has shape (0), expected (2)"));
  for (const float v : bare.weight) CHECK(v == 0);
  layer.forward_tangent(x, cache);
  CHECK_THROWS_MATCHES(layer.backward_tangent(y, y, cache, &other), rapt::ShapeError,
                       Message("SpectralNorm::backward_tangent: d_weight has shape (1, 1), expected (2, 3)"));
  auto gradient = rapt::zeros_like(layer);
  layer.weight.resize({20, 30});
  CHECK_THROWS_MATCHES(layer.backward(y, cache, &gradient), rapt::ShapeError,
                       Message("SpectralNorm::backward: weight has shape (20, 30), expected (2, 3)"));
}

TEST_CASE("SpectralNorm leaves a weight whose singular value has no inverse", "[gan][spectral_norm]") {
  rapt::RandomStream stream(1);
  rapt::SpectralNorm layer(rapt::Linear<float>(3, 2, stream, rapt::Bias::no), stream);
  const rapt::Tensor<float, 2> x({1, 3}, {1, 1, 1}), dy({1, 2}, {1, 1});
  decltype(layer)::Cache cache;
  start_training(cache, stream);
  for (const float tiny : {1e-20f, 1e-30f, 1e-42f}) {
    INFO(tiny);
    layer.weight.fill(tiny);
    CHECK(layer.forward(x, cache)(0, 0) == Catch::Approx(3 * tiny));
    CHECK(cache.scale == 1);
    auto gradient = rapt::zeros_like(layer);
    layer.backward(dy, cache, &gradient);
    CHECK(gradient.weight(0, 0) == 1);
  }
  // What a weight that is no number proposes is the layer's own vectors, which serve a later weight.
  const auto u = layer.weight_u;
  layer.weight.fill(std::numeric_limits<float>::quiet_NaN());
  layer.forward(x, cache);
  layer.absorb(cache);
  CHECK(rapt::testing::largest_difference(layer.weight_u, u) == 0);
}

namespace {

// A training pass, absorbed, and a prediction after it.
template <class L, class X>
void check_spectral_norm_golden(const std::string& name, L inner, rapt::Index iterations, const X& x,
                                const rapt::testing::Golden& golden) {
  INFO(name);
  rapt::RandomStream stream(1);
  rapt::SpectralNorm<L> layer(std::move(inner), stream, iterations);
  golden.load(layer, "layer.");
  typename rapt::SpectralNorm<L>::Cache cache;
  using rapt::testing::largest_difference;
  constexpr std::size_t rank = L::Output::rank;
  start_training(cache, stream);
  for (const std::string mode : {"training", "prediction"}) {
    INFO(mode);
    auto gradient = rapt::zeros_like(layer);
    const auto y = layer.forward(x, cache);
    CHECK(largest_difference(y, golden.tensor<double, rank>(mode + ".y")) < 1e-10);
    const auto dy = golden.tensor<double, rank>(mode + ".dy");
    if constexpr (rapt_test::has_input_gradient<rapt::SpectralNorm<L>>) {
      const auto dx = layer.backward(dy, cache, &gradient);
      CHECK(largest_difference(dx, golden.tensor<double, X::rank>(mode + ".dx")) < 1e-10);
    } else {
      layer.backward(dy, cache, &gradient);
    }
    rapt::named_parameters(
        [&](std::string_view parameter, const auto& g) {
          const auto expected = golden.tensor<double, std::remove_cvref_t<decltype(g)>::rank>(
              mode + ".gradient." + std::string(parameter));
          CHECK(largest_difference(g, expected) < 1e-10);
        },
        gradient);
    layer.absorb(cache);
    CHECK(largest_difference(layer.weight_u, golden.tensor<double, 1>("after.weight_u")) < 1e-10);
    CHECK(largest_difference(layer.weight_v, golden.tensor<double, 1>("after.weight_v")) < 1e-10);
    stop_training(cache);
  }
}

rapt::testing::Golden spectral_norm_golden(const std::string& name) {
  return rapt::testing::Golden(RAPT_SOURCE_DIR "/tests/golden/spectral_norm_" + name + ".txt");
}

}  // namespace

TEST_CASE("SpectralNorm agrees with PyTorch", "[gan][spectral_norm][golden]") {
  rapt::RandomStream stream(1);
  auto golden = spectral_norm_golden("linear");
  check_spectral_norm_golden("linear", rapt::Linear<double>(3, 4, stream), 1, golden.tensor<double, 2>("x"),
                             golden);
  golden = spectral_norm_golden("conv_2d");
  check_spectral_norm_golden(
      "conv_2d", rapt::Conv2d<double>(4, 6, {3, 2}, stream, {.stride = 2, .padding = 1, .groups = 2}), 2,
      golden.tensor<double, 4>("x"), golden);
  golden = spectral_norm_golden("conv_transpose_2d");
  check_spectral_norm_golden(
      "conv_transpose_2d",
      rapt::ConvTranspose2d<double>(4, 6, {3, 2}, stream, {.stride = 2, .padding = 1, .groups = 2}), 1,
      golden.tensor<double, 4>("x"), golden);
  golden = spectral_norm_golden("embedding");
  check_spectral_norm_golden("embedding", rapt::Embedding<double>(5, 3, stream), 3,
                             golden.tensor<rapt::Index, 1>("x"), golden);
}
