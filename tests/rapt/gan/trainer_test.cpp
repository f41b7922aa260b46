#include <rapt/gan/trainer.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/optim/average.hpp>
#include <rapt/testing/golden.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace {

using rapt::Index;

/// All numbers of a model, one after the other.
template <class Model>
std::vector<typename Model::Scalar> gan_numbers(const Model& model) {
  std::vector<typename Model::Scalar> numbers;
  rapt::zip_parameters([&](const auto& p) { numbers.insert(numbers.end(), p.begin(), p.end()); }, model);
  return numbers;
}

/// G(z) = w z + b and D(x) = v x + c, each of one number.
struct TinyGan {
  rapt::Generator<double> g;
  rapt::Discriminator<double> d;
  TinyGan() {
    rapt::RandomStream stream(1);
    g = rapt::Generator<double>({1, 1}, stream);
    d = rapt::Discriminator<double>({1}, stream);
    g.net.linear[0].weight(0, 0) = 1;
    g.net.linear[0].bias(0) = 0;
    d.net.linear[0].weight(0, 0) = std::log(3.0);
    d.net.linear[0].bias(0) = 0;
  }
};

/// Adds a parameter to its input, counts in a buffer how often it was absorbed, and adds noise in training.
struct NoisyShift {
  using Scalar = float;
  using Input = rapt::TensorView<const float, 2>;
  using Output = Input;
  rapt::Tensor<float, 1> shift{{1}}, absorbed{{1}};
  static constexpr auto parameters = std::tuple{rapt::field("shift", &NoisyShift::shift)};
  static constexpr auto buffers = std::tuple{rapt::field("absorbed", &NoisyShift::absorbed)};
  struct Cache {
    rapt::Training training;
    rapt::Tensor<float, 2> y, dx;
  };
  Output forward(Input x, Cache& cache) const {
    cache.y.copy_from(x);
    for (float& y : cache.y)
      y += shift(0) + (cache.training.on ? rapt::normal<float>(cache.training.stream) : 0.0f);
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, NoisyShift* gradient,
                 rapt::InputGradient = rapt::InputGradient::compute) const {
    if (gradient != nullptr) gradient->shift(0) += dy.array().sum();
    cache.dx.copy_from(dy);
    return cache.dx;
  }
  void absorb(const Cache& cache) { absorbed(0) += cache.training.on ? 1.0f : 100.0f; }
};

/// One NoisyShift in a run-time vector, of inputs of width 1 alone.
struct NoisyChain {
  using Scalar = float;
  using Input = NoisyShift::Input;
  using Output = Input;
  std::vector<NoisyShift> parts{NoisyShift{}};
  static constexpr auto parameters = std::tuple{rapt::field("parts", &NoisyChain::parts)};
  struct Cache {
    std::vector<NoisyShift::Cache> parts;
    static constexpr auto caches = std::tuple{rapt::field("parts", &Cache::parts)};
  };
  Output forward(Input x, Cache& cache) const {
    rapt::expect_shape("NoisyChain::forward", "x", x.shape(), {rapt::any, 1});
    cache.parts.resize(1);
    return parts[0].forward(x, cache.parts[0]);
  }
  Input backward(Output dy, Cache& cache, NoisyChain* gradient,
                 rapt::InputGradient wanted = rapt::InputGradient::compute) const {
    return parts[0].backward(dy, cache.parts[0], gradient == nullptr ? nullptr : &gradient->parts[0], wanted);
  }
};

/// Mean and deviation of each column.
struct ColumnMoments {
  std::vector<double> mean, deviation;
  explicit ColumnMoments(const rapt::Tensor<float, 2>& x) {
    for (Index column = 0; column < x.extent(1); ++column) {
      const auto values = x.matrix().col(column).cast<double>().eval();
      mean.push_back(values.mean());
      deviation.push_back(std::sqrt((values.array() - values.mean()).square().mean()));
    }
  }
};

/// Trains a small GAN on a normal distribution of the given centre and deviation, and returns what the
/// average of its generators writes: the two players circle the optimum, their average does not.
rapt::Tensor<float, 2> gan_learns_gaussian(std::uint64_t seed, const std::vector<float>& centre,
                                           float deviation) {
  const auto width = static_cast<Index>(centre.size());
  rapt::RandomStream stream(seed);
  rapt::Generator<float> g({4, 16, width}, stream, {.hidden = rapt::Activate::leaky_relu});
  rapt::Discriminator<float> d({width, 16}, stream);
  const rapt::AdamOptions adam{.rate = 2e-3, .beta1 = 0.5};
  rapt::GanTrainer trainer(g, d, {.generator = adam, .discriminator = {.rate = 4e-3, .beta1 = 0.5}},
                           rapt::RandomStream(seed));
  rapt::ExponentialMovingAverage average(g, {.decay = 0.995});
  rapt::Tensor<float, 2> noise({64, 4}), real({64, width});
  for (int step = 0; step < 2000; ++step) {
    fill_normal(noise.view(), 0, 1, stream);
    for (Index n = 0; n < 64; ++n) {
      for (Index i = 0; i < width; ++i)
        real(n, i) = centre[static_cast<std::size_t>(i)] + deviation * rapt::normal<float>(stream);
    }
    trainer.step(g, d, noise, real);
    average.update(g);
  }
  rapt::Tensor<float, 2> many({2000, 4});
  fill_normal(many.view(), 0, 1, stream);
  return predict(average.average, many);
}

/// Five steps at sizes that several chunks share; returns all numbers and losses.
std::vector<float> five_gan_steps(Index threads) {
  rapt::set_threads(threads);
  rapt::RandomStream stream(3);
  rapt::Generator<float> g({32, 150, 300}, stream);
  rapt::Discriminator<float> d({300, 150}, stream);
  rapt::GanTrainer trainer(g, d, {.discriminator_steps = 2}, stream);
  rapt::Tensor<float, 2> noise({130, 32}), real({130, 300});
  std::vector<float> numbers;
  for (int step = 0; step < 5; ++step) {
    const auto result = trainer.step(
        g, d,
        [&](Index) {
          fill_normal(noise.view(), 0, 1, stream);
          return noise.view();
        },
        [&](Index) {
          fill_normal(real.view(), 1, 1, stream);
          return real.view();
        });
    numbers.insert(numbers.end(), {result.discriminator_loss, result.generator_loss, result.real_probability,
                                   result.fake_probability});
  }
  for (const auto& more : {gan_numbers(g), gan_numbers(d)})
    numbers.insert(numbers.end(), more.begin(), more.end());
  rapt::set_threads(1);
  return numbers;
}

}  // namespace

TEST_CASE("GanTrainer moves every parameter as worked out by hand", "[gan][trainer]") {
  TinyGan gan;
  // With these options the first step of Adam is w -= g / (|g| + 1).
  const rapt::AdamOptions adam{.rate = 1, .epsilon = 1};
  rapt::GanTrainer trainer(gan.g, gan.d, {.generator = adam, .discriminator = adam});
  const rapt::Tensor<double, 2> z({1, 1}, {1}), x({1, 1}, {2});

  const auto step = trainer.step(gan.g, gan.d, z, x);

  // G(z) = 1, D(G(z)) = log 3 with probability 3/4, D(x) = log 9 with probability 9/10
  CHECK(step.real_probability == Catch::Approx(0.9));
  CHECK(step.fake_probability == Catch::Approx(0.75));
  CHECK(step.discriminator_loss == Catch::Approx(-std::log(0.9) - std::log(0.25)));
  // dL/dv = (0.9 - 1) 2 + 0.75 * 1, dL/dc = (0.9 - 1) + 0.75
  const double v = std::log(3.0) - 0.55 / 1.55, c = -0.65 / 1.65;
  CHECK(gan.d.net.linear[0].weight(0, 0) == Catch::Approx(v));
  CHECK(gan.d.net.linear[0].bias(0) == Catch::Approx(c));
  // G through the updated D: dL/dG(z) = (p - 1) v, and z = 1
  const double p = 1 / (1 + std::exp(-v - c)), slope = (p - 1) * v;
  CHECK(step.generator_loss == Catch::Approx(-std::log(p)));
  CHECK(gan.g.net.linear[0].weight(0, 0) == Catch::Approx(1 - slope / (std::abs(slope) + 1)));
  CHECK(gan.g.net.linear[0].bias(0) == Catch::Approx(-slope / (std::abs(slope) + 1)));
  CHECK(step.step == 1);
  CHECK(step.finite());
}

TEST_CASE("GanTrainer smooths the labels of real samples alone", "[gan][trainer]") {
  TinyGan gan;
  rapt::GanTrainer trainer(gan.g, gan.d, {}, rapt::RandomStream{},
                           rapt::NonSaturatingGanLoss<double>{.label_smoothing = 0.1});
  const rapt::Tensor<double, 2> z({1, 1}, {1}), x({1, 1}, {2});
  CHECK(trainer.step(gan.g, gan.d, z, x).discriminator_loss ==
        Catch::Approx(-0.9 * std::log(0.9) - 0.1 * std::log(0.1) - std::log(0.25)));
}

TEST_CASE("GanTrainer does not change the discriminator in the generator's step", "[gan][trainer]") {
  rapt::RandomStream stream(1);
  rapt::Generator<float> g({3, 8, 5}, stream);
  rapt::Discriminator<float> d({5, 7}, stream);
  const auto d_before = gan_numbers(d), g_before = gan_numbers(g);
  rapt::GanTrainer trainer(g, d, {.discriminator = {.rate = 0}});
  rapt_test::Draw draw(1);
  const auto z = draw.normal<float, 2>({6, 3}), x = draw.normal<float, 2>({6, 5});
  trainer.step(g, d, z, x);
  CHECK(gan_numbers(d) == d_before);
  CHECK(gan_numbers(g) != g_before);
}

TEST_CASE("GanTrainer moves every tensor of both models", "[gan][trainer]") {
  rapt::RandomStream stream(1);
  rapt::Generator<float> g({3, 8, 8, 5}, stream);
  rapt::Discriminator<float> d({5, 7, 6}, stream);
  auto g_before = g;
  auto d_before = d;
  rapt::GanTrainer trainer(g, d);
  rapt_test::Draw draw(1);
  const auto z = draw.normal<float, 2>({6, 3}), x = draw.normal<float, 2>({6, 5});
  trainer.step(g, d, z, x);
  const auto moved = [](const auto& now, const auto& before) {
    CHECK(rapt::testing::largest_difference(now, before) > 0);
  };
  zip_parameters(moved, g, g_before);
  zip_parameters(moved, d, d_before);
}

TEST_CASE("GanTrainer draws fresh batches for every discriminator step", "[gan][trainer]") {
  TinyGan gan;
  rapt::GanTrainer trainer(gan.g, gan.d, {.discriminator_steps = 3});
  rapt::Tensor<double, 2> z({2, 1}), x({2, 1});
  std::vector<Index> inputs, reals;
  trainer.step(
      gan.g, gan.d,
      [&](Index k) {
        inputs.push_back(k);
        return z.view();
      },
      [&](Index k) {
        reals.push_back(k);
        return x.view();
      });
  CHECK(inputs == std::vector<Index>{0, 1, 2});
  CHECK(reals == std::vector<Index>{0, 1, 2});
  CHECK(trainer.discriminator_optimiser().steps == 3);
  CHECK(trainer.generator_optimiser().steps == 1);
  CHECK_THROWS_MATCHES(trainer.step(gan.g, gan.d, z, x), std::invalid_argument,
                       Catch::Matchers::Message("GanTrainer::step: one batch for 3 discriminator steps"));
}

TEST_CASE("GanTrainer agrees with PyTorch over five steps", "[gan][trainer][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan.txt");
  rapt::RandomStream stream(1);
  rapt::Generator<double> g({2, 4, 3}, stream, {rapt::Activate::tanh, rapt::Activate::tanh}), g_end = g;
  rapt::Discriminator<double> d({3, 5}, stream), d_end = d;
  golden.load(g, "begin.g.");
  golden.load(d, "begin.d.");
  golden.load(g_end, "end.g.");
  golden.load(d_end, "end.d.");
  rapt::GanTrainer trainer(g, d,
                           {.generator = {.rate = 0.01, .beta1 = 0.5},
                            .discriminator = {.rate = 0.02, .beta1 = 0.5},
                            .discriminator_steps = 2},
                           rapt::RandomStream{}, rapt::NonSaturatingGanLoss<double>{.label_smoothing = 0.1});
  const auto losses = golden.tensor<double, 2>("losses");
  for (Index step = 0; step < 5; ++step) {
    rapt::Tensor<double, 2> z, x;
    const auto batch = [&](const char* name, rapt::Tensor<double, 2>& to) {
      return [&golden, &to, name, step](Index k) {
        to = golden.tensor<double, 2>(std::string(name) + "." + std::to_string(step) + "." +
                                      std::to_string(k));
        return to.view();
      };
    };
    const auto result = trainer.step(g, d, batch("z", z), batch("x", x));
    CHECK(std::abs(result.discriminator_loss - losses(step, 0)) < 1e-10);
    CHECK(std::abs(result.generator_loss - losses(step, 1)) < 1e-10);
    CHECK(std::abs(result.real_probability - losses(step, 2)) < 1e-10);
    CHECK(std::abs(result.fake_probability - losses(step, 3)) < 1e-10);
  }
  const auto close = [](const auto& a, const auto& b) {
    CHECK(rapt::testing::largest_difference(a, b) < 1e-10);
  };
  zip_parameters(close, g, g_end);
  zip_parameters(close, d, d_end);
}

TEST_CASE("GanTrainer trains in training mode and absorbs what layers propose", "[gan][trainer]") {
  NoisyShift g, d;
  // D judges by its shift alone, so that its noise shows in the losses.
  rapt::GanTrainer trainer(g, d, {.discriminator_steps = 2}, rapt::RandomStream(5));
  const rapt::Tensor<float, 2> z({4, 1}), x({4, 1});
  const auto same = [](const rapt::Tensor<float, 2>& t) { return [&t](Index) { return t.view(); }; };
  auto copy = trainer;
  auto g_copy = g;
  auto d_copy = d;

  const auto first = trainer.step(g, d, same(z), same(x));

  CHECK(d.absorbed(0) == 4);  // real and fake, twice; not in the generator's step
  CHECK(g.absorbed(0) == 1);  // in the generator's step alone
  // The draws follow from the stream and the step: a copy repeats them, the next step has others.
  const auto again = copy.step(g_copy, d_copy, same(z), same(x));
  CHECK(again.discriminator_loss == first.discriminator_loss);
  CHECK(again.generator_loss == first.generator_loss);
  NoisyShift g_fresh, d_fresh;
  rapt::GanTrainer resumed(g_fresh, d_fresh, {.discriminator_steps = 2}, rapt::RandomStream(5));
  resumed.steps() = 1;
  CHECK(resumed.step(g_fresh, d_fresh, same(z), same(x)).discriminator_loss != first.discriminator_loss);
}

TEST_CASE("GanTrainer counts no step whose batch it refuses and goes on as if it had not been asked",
          "[gan][trainer][errors]") {
  const rapt::Tensor<float, 2> z({4, 1}), x({4, 1}), wide({4, 2});
  const auto train = [&](bool refuse) {
    NoisyChain g, d;
    rapt::GanTrainer trainer(g, d, {}, rapt::RandomStream(5));
    std::vector<float> numbers;
    for (const std::int64_t made : {0, 1}) {
      if (refuse) {
        const auto before = gan_numbers(d);
        CHECK_THROWS_MATCHES(
            trainer.step(g, d, wide, x), rapt::ShapeError,
            Catch::Matchers::Message("NoisyChain::forward: x has shape (4, 2), expected (*, 1)"));
        CHECK_THROWS_AS(trainer.step(g, d, z, wide), rapt::ShapeError);
        CHECK(trainer.steps() == made);
        CHECK(trainer.discriminator_optimiser().steps == made);
        CHECK(gan_numbers(d) == before);
      }
      const auto step = trainer.step(g, d, z, x);
      CHECK(step.step == made + 1);
      CHECK(trainer.steps() == made + 1);
      numbers.insert(numbers.end(), {step.discriminator_loss, step.generator_loss, step.real_probability});
    }
    for (const auto& more : {gan_numbers(g), gan_numbers(d)})
      numbers.insert(numbers.end(), more.begin(), more.end());
    return numbers;
  };
  CHECK(train(true) == train(false));
}

TEST_CASE("GanTrainer names a loss that is not finite in the step it happens", "[gan][trainer][errors]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const rapt::Tensor<double, 2> z({1, 1}, {1}), x({1, 1}, {2}), bad({1, 1}, {nan});
  {
    TinyGan gan;
    rapt::GanTrainer trainer(gan.g, gan.d);
    CHECK(trainer.step(gan.g, gan.d, z, x).finite());
    const auto g_before = gan_numbers(gan.g), d_before = gan_numbers(gan.d);
    const auto step = trainer.step(gan.g, gan.d, z, bad);
    CHECK(step.message() ==
          "step 2: discriminator loss on real samples is not finite, and neither is real samples");
    CHECK(std::isnan(step.discriminator_loss));
    CHECK(gan_numbers(gan.g) == g_before);
    CHECK(gan_numbers(gan.d) == d_before);
  }
  {
    TinyGan gan;
    rapt::GanTrainer trainer(gan.g, gan.d);
    CHECK(trainer.step(gan.g, gan.d, bad, x).message() ==
          "step 1: discriminator loss on fakes is not finite, and neither is generator input");
  }
  {
    TinyGan gan;
    gan.g.net.linear[0].bias(0) = nan;
    rapt::GanTrainer trainer(gan.g, gan.d);
    CHECK(trainer.step(gan.g, gan.d, z, x).message() ==
          "step 1: discriminator loss on fakes is not finite, and neither is generator linear.0.bias");
  }
  {
    TinyGan gan;  // D is thrown out of range by its own step, and G finds it there
    rapt::GanTrainer trainer(gan.g, gan.d,
                             {.discriminator = {.rate = std::numeric_limits<double>::infinity()}});
    const auto g_before = gan_numbers(gan.g);
    const auto step = trainer.step(gan.g, gan.d, z, x);
    CHECK(step.message() ==
          "step 1: generator loss is not finite, and neither is discriminator linear.0.weight");
    CHECK(gan_numbers(gan.g) == g_before);
  }
}

TEST_CASE("GanTrainer names options out of range", "[gan][trainer][errors]") {
  const TinyGan gan;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::GanTrainer(gan.g, gan.d, {.discriminator_steps = 0}), std::invalid_argument,
                       Message("GanTrainer: discriminator_steps is 0, expected at least 1"));
  const rapt::Tensor<double, 2> z({1, 1}), wide({1, 2});
  TinyGan other;
  rapt::GanTrainer trainer(other.g, other.d);
  CHECK_THROWS_MATCHES(trainer.step(other.g, other.d, z, wide), rapt::ShapeError,
                       Message("Linear::forward: x has shape (1, 2), expected (*, 1)"));
}

TEST_CASE("A GAN learns the mean and deviation of one normal number", "[gan][trainer][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const ColumnMoments moments(gan_learns_gaussian(seed, {3}, 0.5f));
    INFO("seed " << seed << ": mean " << moments.mean[0] << ", deviation " << moments.deviation[0]);
    CHECK(std::abs(moments.mean[0] - 3) < 0.15);
    CHECK(moments.deviation[0] > 0.2);
    CHECK(moments.deviation[0] < 0.8);
  }
}

TEST_CASE("A GAN learns the mean of two normal numbers", "[gan][trainer][learning]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const ColumnMoments moments(gan_learns_gaussian(seed, {2, -1}, 0.5f));
    INFO("seed " << seed << ": means " << moments.mean[0] << " and " << moments.mean[1]);
    CHECK(std::abs(moments.mean[0] - 2) < 0.15);
    CHECK(std::abs(moments.mean[1] + 1) < 0.15);
  }
}

TEST_CASE("A conditional GAN learns one mean for each condition", "[gan][trainer][learning]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    rapt::RandomStream stream(seed);
    rapt::ConditionalGenerator<float> g(
        rapt::Generator<float>({2 + 1, 16, 1}, stream, {.hidden = rapt::Activate::leaky_relu}));
    rapt::ConditionalDiscriminator<float> d(rapt::Discriminator<float>({1 + 1, 16}, stream));
    rapt::GanTrainer trainer(
        g, d, {.generator = {.rate = 2e-3, .beta1 = 0.5}, .discriminator = {.rate = 4e-3, .beta1 = 0.5}});
    rapt::ExponentialMovingAverage average(g, {.decay = 0.995});
    rapt::Tensor<float, 2> noise({64, 2}), condition({64, 1}), real({64, 1});
    for (int step = 0; step < 2000; ++step) {
      fill_normal(noise.view(), 0, 1, stream);
      for (Index n = 0; n < 64; ++n) {
        condition(n, 0) = n % 2 == 0 ? 1.0f : -1.0f;
        real(n, 0) = 2 * condition(n, 0) + 0.3f * rapt::normal<float>(stream);
      }
      trainer.step(g, d, {noise, condition}, {real, condition});
      average.update(g);
    }
    for (const float side : {1.0f, -1.0f}) {
      rapt::Tensor<float, 2> many({1000, 2}), sides({1000, 1});
      fill_normal(many.view(), 0, 1, stream);
      sides.fill(side);
      const ColumnMoments moments(predict(average.average, {many, sides}));
      INFO("seed " << seed << " condition " << side << ": mean " << moments.mean[0]);
      CHECK(std::abs(moments.mean[0] - 2 * side) < 0.15);
    }
  }
}

TEST_CASE("A warm GAN step allocates nothing at real shapes", "[gan][trainer][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  for (const Index threads : {1, 2}) {
    rapt::set_threads(threads);
    rapt::RandomStream stream(1);
    rapt::Generator<float> g({128, 256, 1682}, stream);
    rapt::Discriminator<float> d({1682, 256}, stream);
    rapt::GanTrainer trainer(g, d);
    rapt::Tensor<float, 2> noise({128, 128}), real({128, 1682});
    fill_normal(noise.view(), 0, 1, stream);
    fill_normal(real.view(), 0, 1, stream);
    trainer.step(g, d, noise, real);
    const long before = rapt_test::allocation_count();
    const auto step = trainer.step(g, d, noise, real);
    const long after = rapt_test::allocation_count();
    INFO(threads << " threads");
    CHECK(step.finite());
    CHECK(after == before);
  }
  rapt::set_threads(1);
}

TEST_CASE("GanTrainer gives the same bits with 1 2 and 3 threads and over two runs",
          "[gan][trainer][threads]") {
  rapt::set_parallel_threshold(0);
  const auto one = five_gan_steps(1);
  for (const Index threads : {1, 2, 3}) {
    INFO(threads << " threads");
    CHECK(five_gan_steps(threads) == one);
  }
  rapt::set_parallel_threshold(100'000);
}
