#include <rapt/core/summary.hpp>

#include "support/catch.hpp"

using rapt::field;

namespace {

struct SummaryNorm {
  rapt::Tensor<float, 1> weight{{3}};
  rapt::Tensor<float, 1> running_mean{{3}};
  static constexpr auto parameters = std::tuple{field("weight", &SummaryNorm::weight)};
  static constexpr auto buffers = std::tuple{field("running_mean", &SummaryNorm::running_mean)};
};
struct SummaryModel {
  rapt::Tensor<float, 2> long_name{{2, 5}};
  SummaryNorm norm;
  static constexpr auto parameters =
      std::tuple{field("a_name_that_is_longer_than_its_column_is", &SummaryModel::long_name),
                 field("norm", &SummaryModel::norm)};
};

}  // namespace

TEST_CASE("summary lists parameters and buffers with shapes and counts the parameters", "[core][summary]") {
  CHECK(rapt::summary(SummaryModel{}) ==
        "a_name_that_is_longer_than_its_column_is (2, 5)              10\n"
        "norm.weight                         (3)                 3\n"
        "norm.running_mean                   (3)                 3 (buffer)\n"
        "total                                                   13\n");
}
