#include <rapt/ops/conv.hpp>

#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using rapt::Index;
using rapt::Shape;
using rapt::Tensor;

namespace {

struct ConvCase {
  Shape<4> x;
  Index rows;
  rapt::PerAxis kernel;
  rapt::ConvOptions options;
};

template <class T>
struct ConvOperands {
  explicit ConvOperands(const ConvCase& c) : options(c.options) {
    rapt::RandomStream stream(3);
    const auto fill = [&](auto& tensor, const auto& shape) {
      tensor.resize(shape);
      fill_normal(tensor.view(), T(0), T(1), stream);
    };
    const auto out = rapt::detail::conv_output("ConvOperands", c.x, c.kernel, c.options);
    fill(x, c.x);
    fill(weight, Shape<4>{c.rows, c.x[1] / options.groups, c.kernel.height, c.kernel.width});
    fill(bias, Shape<1>{c.rows});
    fill(in_bias, Shape<1>{c.x[1]});
    fill(dy, Shape<4>{c.x[0], c.rows, out.height, out.width});
    y.resize(dy.shape());
    dx.resize(x.shape());
    d_weight = Tensor<T, 4>(weight.shape());
  }
  void run() {
    rapt::conv2d<T>(x, weight, bias, y, options);
    rapt::conv2d_input<T>(dy, weight, in_bias, dx, options);
    d_weight.fill(0);
    rapt::add_conv2d_weight<T>(x, dy, d_weight.view(), options);
  }
  /// The definition, term by term, in long double; the largest error relative to the terms' magnitudes.
  long double error() const {
    using Sums = std::vector<long double>;
    const auto sums = [](const Tensor<T, 4>& of) { return Sums(static_cast<std::size_t>(of.size()), 0); };
    Sums of_y = sums(y), of_dx = sums(dx), of_weight = sums(weight);
    Sums size_y = of_y, size_dx = of_dx, size_weight = of_weight;
    const auto at = [](const Tensor<T, 4>& t, Index a, Index b, Index c, Index d) {
      return static_cast<std::size_t>(((a * t.extent(1) + b) * t.extent(2) + c) * t.extent(3) + d);
    };
    const auto add = [](Sums& sum, Sums& size, std::size_t i, long double a, long double b) {
      sum[i] += a * b;
      size[i] += std::abs(a * b);
    };
    const Index per_group = weight.extent(0) / options.groups, channels = weight.extent(1);
    for (Index n = 0; n < y.extent(0); ++n) {
      for (Index r = 0; r < y.extent(1); ++r) {
        for (Index oh = 0; oh < y.extent(2); ++oh) {
          for (Index ow = 0; ow < y.extent(3); ++ow) {
            for (Index c = 0; c < channels; ++c) {
              for (Index i = 0; i < weight.extent(2); ++i) {
                for (Index j = 0; j < weight.extent(3); ++j) {
                  const Index h =
                      oh * options.stride.height - options.padding.height + i * options.dilation.height;
                  const Index w =
                      ow * options.stride.width - options.padding.width + j * options.dilation.width;
                  if (h < 0 || h >= x.extent(2) || w < 0 || w >= x.extent(3)) continue;
                  const auto in_y = at(y, n, r, oh, ow), in_weight = at(weight, r, c, i, j),
                             in_x = at(x, n, r / per_group * channels + c, h, w);
                  add(of_y, size_y, in_y, weight.data()[in_weight], x.data()[in_x]);
                  add(of_dx, size_dx, in_x, weight.data()[in_weight], dy.data()[in_y]);
                  add(of_weight, size_weight, in_weight, dy.data()[in_y], x.data()[in_x]);
                }
              }
            }
          }
        }
      }
    }
    long double worst = 0;
    const auto compare = [&](const Tensor<T, 4>& got, const Sums& sum, const Sums& size, const T* more) {
      const Index pixels = got.extent(2) * got.extent(3);
      for (Index i = 0; i < got.size(); ++i) {
        const auto k = static_cast<std::size_t>(i);
        const long double of_channel = more == nullptr ? 0 : more[i / pixels % got.extent(1)];
        const long double away = std::abs(got.data()[i] - sum[k] - of_channel);
        if (!(away == 0)) worst = std::max(worst, away / (size[k] + std::abs(of_channel)));
      }
    };
    compare(y, of_y, size_y, bias.data());
    compare(dx, of_dx, size_dx, in_bias.data());
    compare(d_weight, of_weight, size_weight, nullptr);
    return worst;
  }

  rapt::ConvOptions options;
  Tensor<T, 4> x, weight, dy, y, dx, d_weight;
  Tensor<T, 1> bias, in_bias;
};

// The shapes of image networks, small, and what is special: 1 x 1, a kernel as large as the image, strides
// that no tap reaches, a dilation that shares a factor with the stride.
const ConvCase conv_cases[] = {
    {{3, 3, 16, 16}, 20, 4, {.stride = 2, .padding = 1}},
    {{2, 20, 9, 9}, 33, 3, {.padding = 1}},
    {{5, 7, 6, 5}, 9, 1, {}},
    {{5, 6, 6, 5}, 9, 1, {.groups = 3}},
    {{4, 6, 7, 7}, 5, 1, {.stride = 2}},
    {{4, 6, 4, 5}, 7, {4, 5}, {}},
    {{4, 6, 4, 5}, 8, {4, 5}, {.groups = 2}},
    {{2, 8, 11, 12}, 8, 3, {.stride = 2, .padding = 1, .groups = 8}},
    {{2, 4, 11, 12}, 6, {3, 2}, {.stride = {1, 3}, .padding = {2, 0}, .dilation = {2, 1}, .groups = 2}},
    {{2, 3, 13, 14}, 6, 3, {.stride = {4, 2}, .padding = 1, .dilation = {2, 4}}},
    {{2, 3, 9, 9}, 6, 2, {.stride = 5}},
    {{1, 2, 1, 1}, 3, 3, {.padding = 1}},
    {{0, 2, 3, 3}, 3, 3, {.padding = 1}},
};

}  // namespace

TEMPLATE_TEST_CASE("Convolutions and their gradients agree with the definition", "[ops][conv]", float,
                   double) {
  const long double allowed = 50 * std::numeric_limits<TestType>::epsilon();
  for (std::size_t i = 0; i < std::size(conv_cases); ++i) {
    INFO("case " << i);
    ConvOperands<TestType> operands(conv_cases[i]);
    operands.run();
    CHECK(operands.error() < allowed);
  }
}

TEST_CASE("Convolutions give the same bits at any number of threads", "[ops][conv][threads]") {
  rapt::set_parallel_threshold(0);
  for (const ConvCase& c : conv_cases) {
    ConvOperands<float> one(c), several(c);
    one.run();
    rapt::set_threads(3);
    several.run();
    rapt::set_threads(1);
    const auto same = [](const Tensor<float, 4>& a, const Tensor<float, 4>& b) {
      return a.size() == 0 ||
             std::memcmp(a.data(), b.data(), sizeof(float) * static_cast<std::size_t>(a.size())) == 0;
    };
    CHECK(same(one.y, several.y));
    CHECK(same(one.dx, several.dx));
    CHECK(same(one.d_weight, several.d_weight));
  }
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("A convolution of usual size allocates nothing when warm", "[ops][conv][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  ConvOperands<float> operands({{8, 64, 16, 16}, 128, 4, {.stride = 2, .padding = 1}});
  for (const Index threads : {1, 2}) {
    rapt::set_threads(threads);
    operands.run();
    const long before = rapt_test::allocation_count();
    operands.run();
    const long after = rapt_test::allocation_count();
    CHECK(after == before);
  }
  rapt::set_threads(1);
}

TEST_CASE("A smaller output takes the first rows and columns", "[ops][conv]") {
  ConvCase c{{2, 3, 6, 7}, 4, 3, {.padding = 1}};
  ConvOperands<double> operands(c);
  operands.run();
  Tensor<double, 4> part({2, 4, 4, 5});
  CHECK_THROWS_MATCHES(rapt::conv2d<double>(operands.x, operands.weight, operands.bias, part, c.options),
                       rapt::ShapeError,
                       Catch::Matchers::Message("conv2d: y has shape (2, 4, 4, 5), expected (2, 4, 6, 7)"));
  c.options.fewer_outputs = true;
  rapt::conv2d<double>(operands.x, operands.weight, operands.bias, part, c.options);
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 5; ++j) CHECK(part(1, 2, i, j) == Approx(operands.y(1, 2, i, j)));
  }
}

TEST_CASE("Sums of channels are added", "[ops][conv]") {
  const Tensor<double, 4> x({2, 2, 1, 3}, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
  Tensor<double, 1> sums({2}, {1000, 2000});
  rapt::add_channel_sums(x, sums.view());
  CHECK(sums(0) == 1066);
  CHECK(sums(1) == 2165);
}

TEST_CASE("Convolutions name the shapes that do not fit", "[ops][conv][errors]") {
  const Tensor<float, 4> x({2, 3, 5, 5}), weight({4, 3, 3, 3});
  Tensor<float, 4> y({2, 4, 3, 4});
  const Tensor<float, 1> bias({3});
  const auto message = [](auto&& action) {
    try {
      action();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK(message([&] { rapt::conv2d<float>(x, weight, {}, y); }) ==
        "conv2d: y has shape (2, 4, 3, 4), expected (2, 4, 3, 3)");
  y.resize({2, 4, 3, 3});
  CHECK(message([&] { rapt::conv2d<float>(x, weight, bias, y); }) ==
        "conv2d: bias has shape (3), expected (4)");
  CHECK(message([&] { rapt::conv2d<float>(x, weight, {}, y, {.groups = 2}); }) ==
        "conv2d: x has shape (2, 3, 5, 5), expected (*, 6, *, *)");
  CHECK(message([&] { rapt::conv2d<float>(x, weight, {}, y, {.groups = 3}); }) ==
        "conv2d: out_channels is 4, expected a multiple of groups = 3");
  CHECK(message([&] { rapt::conv2d<float>(x, weight, {}, y, {.groups = 0}); }) ==
        "conv2d: groups is 0, expected at least 1");
  CHECK(message([&] { rapt::conv2d<float>(x, weight, {}, y, {.groups = Index{1} << 62}); }) ==
        "conv2d: groups is 4611686018427387904, expected at most 1048576");
}
