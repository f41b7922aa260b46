#include <rapt/gan/first_not_finite.hpp>

#include <rapt/nn/batch_norm_1d.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("FirstNotFinite keeps the first name in the order of looking", "[gan][first_not_finite]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const rapt::Tensor<float, 1> good({2}, {0, 1}), bad({2}, {0, infinity}), worse({1}, {nan}), none({0});
  rapt::FirstNotFinite first;
  first.see("none", none.view());
  first.see("good", good.view());
  CHECK(first.name().empty());
  first.see("bad", bad.view());
  first.see("worse", worse.view());
  CHECK(first.name() == "bad");
}

TEST_CASE("FirstNotFinite finds buffers that training has spoilt", "[gan][first_not_finite]") {
  rapt::BatchNorm1d<double> norm(3);
  rapt::FirstNotFinite before;
  before.see_parameters("generator ", norm);
  CHECK(before.name().empty());
  norm.running_var(2) = std::numeric_limits<double>::infinity();
  rapt::FirstNotFinite after;
  after.see_parameters("generator ", norm);
  CHECK(after.name() == "generator running_var");
}
