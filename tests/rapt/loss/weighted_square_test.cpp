#include <rapt/loss/weighted_square.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace {

template <class T>
struct WeightedSquareSample {
  explicit WeightedSquareSample(rapt_test::Draw& draw) {
    const rapt::Index rows = draw.positive(), items = draw.positive();
    scores = draw.normal<T, 2>({rows, items});
    std::vector<rapt::Index> positives;
    offsets.resize({rows + 1});
    offsets(0) = 0;
    for (rapt::Index b = 0; b < rows; ++b) {
      for (rapt::Index i = 0; i < items; ++i) {
        if (rapt::uniform<double>(draw.ids) < 0.3) positives.push_back(i);
      }
      offsets(b + 1) = static_cast<rapt::Index>(positives.size());
    }
    ids.resize({offsets(rows)});
    std::copy(positives.begin(), positives.end(), ids.begin());
    if (rows % 2 == 0) weights = draw.uniform<T, 1>({rows}, 0.5, 2);
    loss.alpha = T(0.25);
  }
  rapt::WeightedSquareLoss<T> loss;
  rapt::Tensor<T, 2> scores;
  rapt::Tensor<rapt::Index, 1> ids, offsets;
  rapt::Tensor<T, 1> weights;
  auto prediction() const { return scores.view(); }
  rapt::SparsePositives<T> target() const {
    return {ids, offsets, weights.size() == 0 ? rapt::TensorView<const T, 1>{} : weights.view()};
  }
};

// One message a case: what() of the exception, or that there was none.
template <class Error>
std::string weighted_square_error(const rapt::Tensor<double, 2>& scores,
                                  const rapt::SparsePositives<double>& target, double alpha = 1) {
  const rapt::WeightedSquareLoss<double> loss{alpha};
  rapt::WeightedSquareLoss<double>::Cache cache;
  try {
    loss.forward(scores, target, cache);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

RAPT_TEST_LOSS("WeightedSquareLoss", WeightedSquareSample, "[loss][weighted_square]")

TEMPLATE_TEST_CASE("WeightedSquareLoss gives the values worked out by hand", "[loss][weighted_square]", float,
                   double) {
  const rapt::WeightedSquareLoss<TestType> loss{TestType(0.5)};
  typename rapt::WeightedSquareLoss<TestType>::Cache cache;
  const rapt::Tensor<TestType, 2> scores({2, 3}, {3, 2, 0, -1, 4, 1});
  const rapt::Tensor<rapt::Index, 1> ids({3}, {0, 2, 1}), offsets({3}, {0, 2, 3});
  const rapt::Tensor<TestType, 1> weights({2}, {1, 10});

  // Row 0: (3-1)^2 + (0-1)^2 + 0.5 * 2^2 = 7; row 1: (4-1)^2 + 0.5 * (1 + 1) = 10.
  CHECK(loss.forward(scores, {ids, offsets, {}}, cache) == TestType(8.5));
  auto d = loss.backward(cache);
  CHECK(std::vector<TestType>(d.begin(), d.end()) == std::vector<TestType>{2, 1, -1, -0.5, 3, 0.5});

  CHECK(loss.forward(scores, {ids, offsets, weights}, cache) == TestType(53.5));
  d = loss.backward(cache);
  CHECK(std::vector<TestType>(d.begin(), d.end()) == std::vector<TestType>{2, 1, -1, -5, 30, 5});
}

TEST_CASE("WeightedSquareLoss of no rows or of rows without positives is defined",
          "[loss][weighted_square]") {
  const rapt::WeightedSquareLoss<double> loss{2};
  rapt::WeightedSquareLoss<double>::Cache cache;
  const rapt::Tensor<rapt::Index, 1> none({0}), zero({1}), zeros({2});
  CHECK(loss.forward(rapt::TensorView<const double, 2>(nullptr, {0, 4}), {none, zero, {}}, cache) == 0);
  CHECK(loss.backward(cache).shape() == rapt::Shape<2>{0, 4});
  const rapt::Tensor<double, 2> scores({1, 2}, {3, 0});
  CHECK(loss.forward(scores, {none, zeros, {}}, cache) == 18);
}

TEST_CASE("WeightedSquareLoss loses no digits over many equal terms in float", "[loss][weighted_square]") {
  const rapt::WeightedSquareLoss<float> loss{1};
  rapt::WeightedSquareLoss<float>::Cache cache;
  const rapt::Index many = 1 << 20;
  rapt::Tensor<float, 2> wide({1, many}), tall({many, 1});
  rapt::Tensor<rapt::Index, 1> every({many}), ends({many + 1});
  wide.fill(0.1f);
  tall.fill(0.1f);
  std::iota(every.begin(), every.end(), rapt::Index{0});
  std::iota(ends.begin(), ends.end(), rapt::Index{0});
  const rapt::Tensor<rapt::Index, 1> none({0}), zeros({2}), no_ends({many + 1}), whole({2}, {0, many});
  const double square = static_cast<double>(0.1f) * static_cast<double>(0.1f);
  const double missing = (static_cast<double>(0.1f) - 1) * (static_cast<double>(0.1f) - 1);
  const auto close = [](double x) { return Catch::Approx(x).epsilon(1e-7).margin(0); };
  CHECK(loss.forward(wide, {none, zeros, {}}, cache) == close(static_cast<double>(many) * square));
  CHECK(loss.forward(tall, {none, no_ends, {}}, cache) == close(square));
  CHECK(loss.forward(wide, {every, whole, {}}, cache) == close(static_cast<double>(many) * missing));
}

TEST_CASE("WeightedSquareLoss returns what is not finite and does not throw", "[loss][weighted_square]") {
  const rapt::WeightedSquareLoss<double> loss{1};
  rapt::WeightedSquareLoss<double>::Cache cache;
  const rapt::Tensor<double, 2> scores({1, 1}, {std::numeric_limits<double>::quiet_NaN()});
  const rapt::Tensor<rapt::Index, 1> none({0}), zeros({2});
  CHECK(std::isnan(loss.forward(scores, {none, zeros, {}}, cache)));
}

TEST_CASE("WeightedSquareLoss names what does not fit", "[loss][weighted_square][errors]") {
  const rapt::Tensor<double, 2> scores({2, 3});
  const rapt::Tensor<double, 1> weights({3});
  const rapt::Tensor<rapt::Index, 1> ids({2}, {0, 2}), big({2}, {0, 3}), same({2}, {2, 2});
  const rapt::Tensor<rapt::Index, 1> good({3}, {0, 2, 2}), few({2}, {0, 2}), late({3}, {0, 1, 1}),
      falls({3}, {0, 3, 2});
  CHECK(weighted_square_error<rapt::ShapeError>(scores, {ids, few, {}}) ==
        "WeightedSquareLoss::forward: offsets has shape (2), expected (3)");
  CHECK(weighted_square_error<rapt::ShapeError>(scores, {ids, good, weights}) ==
        "WeightedSquareLoss::forward: row_weights has shape (3), expected (2)");
  CHECK(weighted_square_error<std::invalid_argument>(scores, {ids, late, {}}) ==
        "WeightedSquareLoss::forward: offsets do not rise from 0 to 2");
  CHECK(weighted_square_error<std::invalid_argument>(scores, {ids, falls, {}}) ==
        "WeightedSquareLoss::forward: offsets do not rise from 0 to 2");
  CHECK(weighted_square_error<std::out_of_range>(scores, {big, good, {}}) ==
        "WeightedSquareLoss::forward: id 3 is not in [0, 3)");
  CHECK(weighted_square_error<std::invalid_argument>(scores, {same, good, {}}) ==
        "WeightedSquareLoss::forward: ids of row 0 do not ascend: 2 follows 2");
  CHECK(weighted_square_error<std::invalid_argument>(scores, {ids, good, {}}, -1) ==
        "WeightedSquareLoss::forward: alpha is -1, expected at least 0");
}

TEST_CASE("WeightedSquareLoss agrees with PyTorch", "[loss][weighted_square][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/weighted_square.txt");
  const auto scores = golden.tensor<double, 2>("x");
  const auto weights = golden.tensor<double, 1>("row_weights");
  const rapt::Tensor<rapt::Index, 1> ids({5}, {0, 3, 1, 2, 3}), offsets({4}, {0, 2, 2, 5});
  const rapt::WeightedSquareLoss<double> loss{0.3};
  rapt::WeightedSquareLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(scores, {ids, offsets, weights}, cache) - golden.tensor<double, 1>("loss")(0)) <
        1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}
