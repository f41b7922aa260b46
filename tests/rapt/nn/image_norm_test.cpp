#include <rapt/nn/image_norm.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <vector>

TEST_CASE("A pass of image norms predicts what it was trained on from its own statistics",
          "[nn][image_norm]") {
  rapt_test::Draw draw(1);
  const auto x = draw.normal<double, 4>({3, 2, 4, 5});
  const auto weight = draw.normal<double, 1>({2}), bias = draw.normal<double, 1>({2});
  rapt::detail::ImageNormPass<double> pass, again;
  const auto y = pass.forward(x, rapt::NormSets::of_channels(x.shape()), weight, bias, 1e-3);
  const auto same = again.forward(x, pass.mean, pass.variance, weight, bias, 1e-3);
  CHECK(std::vector<double>(y.begin(), y.end()) == std::vector<double>(same.begin(), same.end()));
  CHECK(pass.used == rapt::NormStatistics::of_batch);
  CHECK(again.used == rapt::NormStatistics::constant);
}

TEST_CASE("A pass of image norms does without weights", "[nn][image_norm]") {
  rapt_test::Draw draw(2);
  const auto x = draw.normal<double, 4>({2, 2, 3, 3});
  rapt::Tensor<double, 1> one({2}), zero({2});
  one.fill(1);
  rapt::detail::ImageNormPass<double> plain, affine;
  const auto sets = rapt::NormSets::of_groups(x.shape(), 2);
  const auto y = plain.forward(x, sets, {}, {}, 1e-3), same = affine.forward(x, sets, one, zero, 1e-3);
  CHECK(std::vector<double>(y.begin(), y.end()) == std::vector<double>(same.begin(), same.end()));
  const auto dx = plain.backward("here", x, {}, {}, {}, rapt::InputGradient::compute);
  CHECK(dx.shape() == x.shape());
  CHECK(plain.backward("here", x, {}, {}, {}, rapt::InputGradient::skip).absent());
}

TEST_CASE("A pass of image norms forgets the tangent of the forward before", "[nn][image_norm][errors]") {
  rapt_test::Draw draw(3);
  const auto x = draw.normal<double, 4>({2, 2, 3, 3});
  rapt::detail::ImageNormPass<double> pass;
  const auto sets = rapt::NormSets::of_groups(x.shape(), 2);
  pass.forward(x, sets, {}, {}, 1e-3);
  pass.forward_tangent("here", x, {});
  pass.forward(x, sets, {}, {}, 1e-3);
  CHECK_THROWS_AS(pass.backward_tangent("here", x, {}, {}, {}, {}, rapt::InputGradient::compute),
                  rapt::ShapeError);
}
