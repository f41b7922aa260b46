#include <rapt/optim/average.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

#include <cmath>
#include <tuple>

namespace {

struct AveragedModel {
  using Scalar = double;
  rapt::Tensor<double, 1> weight{{1}};
  rapt::Tensor<double, 1> running_mean{{1}};
  static constexpr auto parameters = std::tuple{rapt::field("weight", &AveragedModel::weight)};
  static constexpr auto buffers = std::tuple{rapt::field("running_mean", &AveragedModel::running_mean)};
};

}  // namespace

TEST_CASE("ExponentialMovingAverage with bias correction forgets where it began", "[optim][average]") {
  AveragedModel model;
  model.weight(0) = 100;
  rapt::ExponentialMovingAverage average(model, {.decay = 0.5});
  CHECK(average.average.weight(0) == 100);
  model.weight(0) = 4;
  average.update(model);
  CHECK(average.average.weight(0) == 4);
  model.weight(0) = 1;
  average.update(model);  // (0.25 * 4 + 0.5 * 1) / 0.75
  CHECK(average.average.weight(0) == Catch::Approx(2));
  model.weight(0) = 9;
  average.update(model);  // (0.125 * 4 + 0.25 * 1 + 0.5 * 9) / 0.875
  CHECK(average.average.weight(0) == Catch::Approx(6));
}

TEST_CASE("ExponentialMovingAverage without bias correction begins at the first model", "[optim][average]") {
  AveragedModel model;
  model.weight(0) = 8;
  rapt::ExponentialMovingAverage average(model, {.decay = 0.75, .bias_correction = false});
  model.weight(0) = 0;
  average.update(model);
  CHECK(average.average.weight(0) == 6);
  average.update(model);
  CHECK(average.average.weight(0) == 4.5);
}

TEST_CASE("ExponentialMovingAverage copies buffers", "[optim][average]") {
  AveragedModel model;
  rapt::ExponentialMovingAverage average(model, {.decay = 0.9});
  model.running_mean(0) = 7;
  average.update(model);
  CHECK(average.average.running_mean(0) == 7);
}

TEST_CASE("ExponentialMovingAverage names what does not fit", "[optim][average][errors]") {
  rapt_test::Draw draw(1);
  const rapt::Linear<double> model(3, 2, draw.values), wrong(3, 4, draw.values);
  rapt::ExponentialMovingAverage average(model);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(average.update(wrong), rapt::ShapeError,
                       Message("zip_parameters: weight has shape (4, 3), expected (2, 3)"));
  CHECK(rapt::testing::largest_difference(average.average.weight, model.weight) == 0);
  CHECK_THROWS_MATCHES(rapt::ExponentialMovingAverage(model, {.decay = 1}), std::invalid_argument,
                       Message("ExponentialMovingAverage: decay is 1, expected at least 0 and below 1"));
}

TEST_CASE("ExponentialMovingAverage allocates nothing in an update", "[optim][average][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  rapt_test::Draw draw(1);
  const rapt::Linear<float> model(30, 20, draw.values);
  rapt::ExponentialMovingAverage average(model);
  const long before = rapt_test::allocation_count();
  average.update(model);
  const long after = rapt_test::allocation_count();
  CHECK(after == before);
}
