#pragma once
/// \file  What every measure of generated samples asks of the samples it is given.

#include <rapt/core/tensor_view.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt::detail {

/// Enough samples, every number of them finite: a measure of what diverged would be no number at all.
/// \shape  samples (N, E)
/// \throws std::invalid_argument, std::domain_error with the first row that is not finite
template <std::floating_point T>
void expect_samples(std::string_view where, std::string_view what, TensorView<const T, 2> samples,
                    Index least) {
  const Index rows = samples.extent(0), width = samples.extent(1);
  if (rows < least) {
    throw std::invalid_argument(std::string(where) + ": " + std::string(what) + " has " +
                                std::to_string(rows) + (rows == 1 ? " sample" : " samples") +
                                ", expected at least " + std::to_string(least));
  }
  for (Index i = 0; i < samples.size(); ++i) {
    if (!std::isfinite(samples.data()[i])) {
      throw std::domain_error(std::string(where) + ": row " + std::to_string(i / width) + " of " +
                              std::string(what) + " is not finite");
    }
  }
}

/// Both sets, of one width.
template <std::floating_point T>
void expect_samples(std::string_view where, std::string_view a_name, TensorView<const T, 2> a,
                    std::string_view b_name, TensorView<const T, 2> b, Index least) {
  expect_shape(where, b_name, b.shape(), {any, a.extent(1)});
  expect_samples(where, a_name, a, least);
  expect_samples(where, b_name, b, least);
}

}  // namespace rapt::detail
