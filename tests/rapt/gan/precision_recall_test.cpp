#include <rapt/gan/precision_recall.hpp>

#include <rapt/core/random.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("precision_recall by hand", "[gan][measure]") {
  // k = 1. Real 0, 1, 3 reach 1, 1, 2: they fill [-1, 5]. Fakes 2, 4, 7 reach 2, 2, 3: they fill [0, 10].
  const rapt::Tensor<double, 2> real({3, 1}, {0, 1, 3}), fake({3, 1}, {2, 4, 7});
  const auto one = rapt::precision_recall(real, fake, 1);
  CHECK(one.precision == Catch::Approx(2.0 / 3));
  CHECK(one.recall == 1);
  // k = 2. Real reach 3, 2, 3: [-3, 6].
  CHECK(rapt::precision_recall(real, fake, 2).precision == Catch::Approx(2.0 / 3));
}

TEST_CASE("precision_recall of a set with itself is 1 and 0 of sets far apart", "[gan][measure]") {
  rapt::RandomStream stream(1);
  rapt::Tensor<float, 2> x({40, 3});
  rapt::fill_normal<float, 2>(x, 0, 1, stream);
  rapt::Tensor<float, 2> far = x;
  far.array() += 100;
  const auto same = rapt::precision_recall(x, x), other = rapt::precision_recall(x, far);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
  CHECK(other.precision == 0);
  CHECK(other.recall == 0);
}

TEST_CASE("precision_recall tells a collapse from noise", "[gan][measure]") {
  // Real samples at two places; the collapsed generator writes good samples at one of them, the noisy one
  // writes everywhere.
  rapt::RandomStream stream(4);
  rapt::Tensor<float, 2> real({200, 2}), collapsed({200, 2}), noisy({200, 2});
  rapt::fill_normal<float, 2>(real, 0, 1, stream);
  for (rapt::Index n = 0; n < 100; ++n) real(n, 0) += 20;
  rapt::fill_normal<float, 2>(collapsed, 0, 1, stream);
  rapt::fill_normal<float, 2>(noisy, 10, 30, stream);
  const auto collapse = rapt::precision_recall(real, collapsed);
  const auto noise = rapt::precision_recall(real, noisy);
  CHECK(collapse.precision > 0.9);
  CHECK(collapse.recall < 0.6);
  CHECK(noise.precision < 0.2);
  CHECK(noise.recall > 0.9);
}

TEST_CASE("precision_recall counts equal samples whose balls have no width", "[gan][measure]") {
  const rapt::Tensor<double, 2> equal({3, 1}, {5, 5, 5}), mixed({3, 1}, {5, 5, 6});
  const auto result = rapt::precision_recall(equal, mixed, 1);
  CHECK(result.precision == Catch::Approx(2.0 / 3));
  CHECK(result.recall == 1);
}

TEST_CASE("precision_recall equals the golden values and gives the same bits at any number of threads",
          "[gan][measure][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan_measures.txt");
  const auto real = golden.tensor<double, 2>("real"), fake = golden.tensor<double, 2>("fake"),
             near = golden.tensor<double, 2>("near");
  for (const rapt::Index threads : {1, 3}) {
    rapt::set_threads(threads);
    rapt::set_parallel_threshold(0);
    const auto three = rapt::precision_recall(real, near);
    const auto one = rapt::precision_recall(real, fake, 1);
    rapt::set_threads(1);
    rapt::set_parallel_threshold(100'000);
    CHECK(three.precision == Catch::Approx(golden.tensor<double, 1>("precision_recall_3")(0)).margin(1e-12));
    CHECK(three.recall == Catch::Approx(golden.tensor<double, 1>("precision_recall_3")(1)).margin(1e-12));
    CHECK(one.precision == Catch::Approx(golden.tensor<double, 1>("precision_recall_1")(0)).margin(1e-12));
    CHECK(one.recall == Catch::Approx(golden.tensor<double, 1>("precision_recall_1")(1)).margin(1e-12));
  }
}

TEST_CASE("precision_recall says how many samples k neighbours need", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> three({3, 2}), four({4, 2}), wide({4, 3});
  CHECK_THROWS_MATCHES(rapt::precision_recall(four, three), std::invalid_argument,
                       Message("precision_recall: fake has 3 samples, expected at least 4"));
  CHECK_THROWS_MATCHES(rapt::precision_recall(four, four, 0), std::invalid_argument,
                       Message("precision_recall: k is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(
      rapt::precision_recall(four, four, std::numeric_limits<rapt::Index>::max()), std::invalid_argument,
      Message("precision_recall: real has 4 samples, expected at least 9223372036854775807"));
  CHECK_THROWS_MATCHES(rapt::precision_recall(four, wide), rapt::ShapeError,
                       Message("precision_recall: fake has shape (4, 3), expected (*, 2)"));
}
