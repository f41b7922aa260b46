#include <rapt/optim/update.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

namespace {

constexpr auto subtract_gradient = [](rapt::Index n, double* w, const double* g) {
  for (rapt::Index i = 0; i < n; ++i) w[i] -= g[i];
};

}  // namespace

TEST_CASE("update_parameters visits all rows or only the touched ones", "[optim][update]") {
  rapt_test::TouchedCase all, touched;
  // A number in a row that was not marked shows which rows are read.
  all.gradient.table.weight(3, 0) = touched.gradient.table.weight(3, 0) = 5;
  rapt::detail::update_parameters(rapt::Rows::all, subtract_gradient, all.model, all.gradient);
  rapt::detail::update_parameters(rapt::Rows::touched, subtract_gradient, touched.model, touched.gradient);
  CHECK(all.model.table.weight(3, 0) == -4);
  CHECK(touched.model.table.weight(3, 0) == 1);
  CHECK(all.model.table.weight(2, 1) == -1);
  CHECK(touched.model.table.weight(2, 1) == -1);
  CHECK(touched.model.bias(0) == -1);
}

TEST_CASE("update_parameters compares all shapes before it writes", "[optim][update][errors]") {
  rapt_test::TouchedCase sample;
  sample.gradient.bias.resize({3});
  CHECK_THROWS_MATCHES(
      rapt::detail::update_parameters(rapt::Rows::all, subtract_gradient, sample.model, sample.gradient),
      rapt::ShapeError, Catch::Matchers::Message("zip_parameters: bias has shape (3), expected (2)"));
  CHECK(sample.model.table.weight(0, 0) == 1);
}
