#include <rapt/nn/group_norm.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <class T>
struct GroupNormSample {
  // Groups of one or two numbers hardly depend on them: there rounding is all one would compare.
  explicit GroupNormSample(rapt_test::Draw& draw)
      : GroupNormSample(draw, draw.pick(std::array<rapt::Index, 4>{1, 2, 3, 5})) {}
  GroupNormSample(rapt_test::Draw& draw, rapt::Index groups)
      : layer(groups, groups * draw.pick(std::array<rapt::Index, 5>{0, 1, 2, 3, 4}), 1e-3,
              draw.pick(std::array<rapt::Index, 3>{0, 1, 2}) == 0 ? rapt::Affine::no : rapt::Affine::yes),
        x(draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), layer.num_channels,
                             draw.pick(std::array<rapt::Index, 5>{1, 2, 3, 4, 5}),
                             draw.pick(std::array<rapt::Index, 4>{3, 5, 8, 17})},
                            2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
    layer.bias = draw.normal<T, 1>(layer.bias.shape());
  }
  rapt::GroupNorm<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("GroupNorm", GroupNormSample, "[nn][group_norm]")
RAPT_TEST_TANGENT("GroupNorm", GroupNormSample, "[nn][group_norm]")

TEMPLATE_TEST_CASE("GroupNorm gives the values worked out by hand", "[nn][group_norm]", float, double) {
  using T = TestType;
  rapt::GroupNorm<T> layer(2, 4, 3.0);
  layer.weight = rapt::Tensor<T, 1>({4}, {1, 10, 2, 4});
  layer.bias = rapt::Tensor<T, 1>({4}, {5, 7, 0, 1});
  // Group 0 is 3, 5: mean 4, variance 1, z = (-1, 1) / sqrt(1 + 3). Group 1 is 9, 9: variance 0, z = 0.
  const rapt::Tensor<T, 4> x({1, 4, 1, 1}, {3, 5, 9, 9}), dy({1, 4, 1, 1}, {4, 1, 3, 3});
  typename rapt::GroupNorm<T>::Cache cache;
  auto gradient = zeros_like(layer);
  const auto y = layer.forward(x, cache);
  CHECK(std::vector<T>(y.begin(), y.end()) == std::vector<T>{4.5, 12, 0, 1});
  // Group 0: dz = (4, 10), mean 7, mean of dz z = 1.5: dx = (4 - 7 + 0.75, 10 - 7 - 0.75) / 2.
  // Group 1: dz = (6, 12), mean 9: dx = (-3, 3) / sqrt(3).
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx(0, 0, 0, 0) == T(-1.125));
  CHECK(dx(0, 1, 0, 0) == T(1.125));
  CHECK(dx(0, 2, 0, 0) == Catch::Approx(-std::sqrt(3.0)));
  CHECK(dx(0, 3, 0, 0) == Catch::Approx(std::sqrt(3.0)));
  CHECK(std::vector<T>(gradient.weight.begin(), gradient.weight.end()) == std::vector<T>{-2, 0.5, 0, 0});
  CHECK(std::vector<T>(gradient.bias.begin(), gradient.bias.end()) == std::vector<T>{4, 1, 3, 3});
}

TEST_CASE("GroupNorm of one image does not see the others", "[nn][group_norm]") {
  rapt_test::Draw draw(3);
  const rapt::GroupNorm<double> layer(2, 6);
  const auto x = draw.normal<double, 4>({3, 6, 2, 2});
  rapt::GroupNorm<double>::Cache all, one;
  const auto y = layer.forward(x, all), alone = layer.forward(x.view().slice(1, 2), one);
  CHECK(rapt::testing::largest_difference(y.slice(1, 2), alone) == 0);
}

TEST_CASE("GroupNorm has two parameters a channel or none", "[nn][group_norm]") {
  const rapt::GroupNorm<double> layer(2, 6, 1e-3), plain(3, 6, 1e-3, rapt::Affine::no);
  CHECK(parameter_count(layer) == 2 * 6);
  CHECK(parameter_count(plain) == 0);
  for (const double w : layer.weight) CHECK(w == 1);
  for (const double b : layer.bias) CHECK(b == 0);
  const auto single = rapt::cast<float>(plain);
  CHECK(single.eps == 1e-3);
  CHECK(single.num_groups == 3);
  CHECK(single.num_channels == 6);
}

TEST_CASE("GroupNorm checks its settings and shapes", "[nn][group_norm][errors]") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::GroupNorm<float>(3, 8), std::invalid_argument,
                       Message("GroupNorm: 3 groups of 8 channels, expected groups that divide them"));
  CHECK_THROWS_MATCHES(rapt::GroupNorm<float>(0, 8), std::invalid_argument,
                       Message("GroupNorm: 0 groups of 8 channels, expected groups that divide them"));
  CHECK_THROWS_MATCHES(rapt::GroupNorm<float>(2, 8, -1.0), std::invalid_argument,
                       Message("GroupNorm: eps is -1, expected at least 0"));
  const rapt::GroupNorm<float> layer(2, 4, 1e-5, rapt::Affine::no);
  rapt::GroupNorm<float>::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 2, 2}), good({2, 4, 2, 2});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("GroupNorm::forward: x has shape (2, 3, 2, 2), expected (*, 4, *, *)"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("GroupNorm::backward: dy has shape (2, 3, 2, 2), expected (2, 4, 2, 2)"));
}

TEST_CASE("GroupNorm checks settings that changed after its constructor", "[nn][group_norm][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 4> x({2, 4, 2, 2});
  const auto check = [&](rapt::Index groups, rapt::Index channels, double eps, const char* text) {
    rapt::GroupNorm<double> layer(2, 4);
    layer.num_groups = groups;
    layer.num_channels = channels;
    layer.eps = eps;
    rapt::GroupNorm<double>::Cache cache;
    CHECK_THROWS_MATCHES(layer.forward(x, cache), std::invalid_argument,
                         Message(std::string("GroupNorm::forward: ") + text));
    CHECK(cache.pass.y.size() == 0);
  };
  check(3, 4, 1e-5, "3 groups of 4 channels, expected groups that divide them");
  check(5, 4, 1e-5, "5 groups of 4 channels, expected groups that divide them");
  check(0, 4, 1e-5, "0 groups of 4 channels, expected groups that divide them");
  check(-2, 4, 1e-5, "-2 groups of 4 channels, expected groups that divide them");
  check(1, -1, 1e-5, "1 groups of -1 channels, expected groups that divide them");
  check(2, 4, -9, "eps is -9, expected at least 0");
}

TEST_CASE("GroupNorm agrees with PyTorch", "[nn][group_norm][golden]") {
  rapt_test::check_layer_golden("group_norm", rapt::GroupNorm<double>(3, 6));
}

TEST_CASE("GroupNorm has the tangent of a double backward in PyTorch", "[nn][group_norm][tangent][golden]") {
  rapt_test::check_tangent_golden("group_norm_tangent", rapt::GroupNorm<double>(2, 4));
}
