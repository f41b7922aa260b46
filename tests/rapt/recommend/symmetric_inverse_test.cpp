#include <rapt/recommend/symmetric_inverse.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"

#include <vector>

namespace {

// A^T A + I, its upper triangle spoilt: only the lower one may be read.
rapt::Tensor<double, 2> positive_definite(rapt::Index n) {
  rapt::RandomStream stream(static_cast<std::uint64_t>(n));
  rapt::Tensor<double, 2> a({n, n});
  rapt::fill_normal<double, 2>(a, 0, 1, stream);
  const Eigen::MatrixXd product = a.matrix().transpose() * a.matrix() + Eigen::MatrixXd::Identity(n, n);
  a.matrix() = product;
  return a;
}

}  // namespace

TEST_CASE("invert_symmetric inverts across block borders and reads the lower triangle only",
          "[recommend][symmetric_inverse]") {
  for (const rapt::Index n : {0, 1, 2, 17, 127, 128, 129, 300}) {
    const auto original = positive_definite(n);
    auto a = original;
    a.matrix().triangularView<Eigen::StrictlyUpper>().setConstant(1e9);

    rapt::invert_symmetric<double>(a);

    INFO("n = " << n);
    if (n > 0) {
      const Eigen::MatrixXd residual = a.matrix() * original.matrix() - Eigen::MatrixXd::Identity(n, n);
      CHECK(residual.cwiseAbs().maxCoeff() < 1e-9);
      CHECK((a.matrix() - a.matrix().transpose()).cwiseAbs().maxCoeff() == 0);
    }
  }
}

TEST_CASE("invert_symmetric gives the same bits at any number of threads", "[recommend][symmetric_inverse]") {
  auto one = positive_definite(300), several = one;
  rapt::invert_symmetric<double>(one);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  rapt::invert_symmetric<double>(several);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(std::equal(one.begin(), one.end(), several.begin()));
}

TEST_CASE("invert_symmetric refuses matrices that are not square or not positive definite",
          "[recommend][symmetric_inverse]") {
  rapt::Tensor<float, 2> wide({2, 3}), indefinite({2, 2}, {1, 0, 0, -1}), singular({2, 2}, {1, 1, 1, 1});
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::invert_symmetric<float>(wide), rapt::ShapeError,
                       Message("invert_symmetric: a has shape (2, 3), expected (2, 2)"));
  CHECK_THROWS_MATCHES(rapt::invert_symmetric<float>(indefinite), std::domain_error,
                       Message("invert_symmetric: the matrix is not positive definite (pivots 0 to 1)"));
  CHECK_THROWS_AS(rapt::invert_symmetric<float>(singular), std::domain_error);
}
