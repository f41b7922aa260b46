#include <rapt/gan/nearest_neighbor.hpp>

#include <rapt/core/random.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <cmath>

TEST_CASE("nearest_neighbors by hand", "[gan][measure]") {
  const rapt::Tensor<float, 2> samples({3, 2}, {0, 0, 3, 4, 10, 10}), references({3, 2}, {3, 4, 0, 1, 3, 4});
  const auto found = rapt::nearest_neighbors(samples, references);
  CHECK(found.index(0) == 1);
  CHECK(found.distance(0) == 1);
  CHECK(found.index(1) == 0);  // the first of two that are equal
  CHECK(found.distance(1) == 0);
  CHECK(found.index(2) == 0);
  CHECK(found.distance(2) == Catch::Approx(std::sqrt(49.0 + 36)).epsilon(1e-15));
  const rapt::Tensor<float, 2> none({0, 2});
  CHECK(rapt::nearest_neighbors(none, references).index.size() == 0);
}

TEST_CASE("memorization by hand", "[gan][measure]") {
  const rapt::Tensor<double, 2> train({2, 1}, {0, 100});
  // Distances of fakes: 1, 2, 5, 10; of held-out samples: 2, 4, 8.
  const rapt::Tensor<double, 2> fake({4, 1}, {1, -2, 105, 10}), held_out({3, 1}, {98, 4, -8});
  const auto result = rapt::memorization(fake, train, held_out);
  CHECK(result.fake_median == 3.5);
  CHECK(result.held_out_median == 4);
  // Of 12 pairs the fake is nearer in 3, 2 and a tie, 1, 0.
  CHECK(result.nearer == Catch::Approx(6.5 / 12).epsilon(1e-15));
}

TEST_CASE("memorization tells copies from samples of their own and from what misses", "[gan][measure]") {
  rapt::RandomStream stream(2);
  rapt::Tensor<float, 2> train({300, 4}), held_out({300, 4}), fresh({300, 4}), copies, far;
  for (auto* x : {&train, &held_out, &fresh}) rapt::fill_normal<float, 2>(*x, 0, 1, stream);
  copies = train;
  for (float& x : copies) x += 0.01f * rapt::normal<float>(stream);
  far = fresh;
  far.array() += 10;
  CHECK(rapt::memorization(copies, train, held_out).nearer > 0.99);
  CHECK(rapt::memorization(fresh, train, held_out).nearer == Catch::Approx(0.5).margin(0.08));
  CHECK(rapt::memorization(far, train, held_out).nearer < 0.01);
  CHECK(rapt::memorization(train, train, train).nearer == 0.5);
  CHECK(rapt::memorization(train, train, held_out).fake_median == 0);
}

TEST_CASE("Nearest neighbours and memorization equal the golden values", "[gan][measure][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan_measures.txt");
  const auto real = golden.tensor<double, 2>("real"), near = golden.tensor<double, 2>("near"),
             held_out = golden.tensor<double, 2>("held_out");
  const auto found = rapt::nearest_neighbors(near, real);
  CHECK(rapt::testing::largest_difference(found.distance, golden.tensor<double, 1>("nearest_distance")) <
        1e-10);
  CHECK(rapt::testing::largest_difference(found.index, golden.tensor<double, 1>("nearest_index")) == 0);
  const auto result = rapt::memorization(near, real, held_out);
  const rapt::Tensor<double, 1> got({3}, {result.fake_median, result.held_out_median, result.nearer});
  CHECK(rapt::testing::largest_difference(got, golden.tensor<double, 1>("memorization")) < 1e-10);
  rapt::set_threads(3);
  rapt::set_parallel_threshold(0);
  const auto threaded = rapt::nearest_neighbors(near, real);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(rapt::testing::largest_difference(threaded.distance, found.distance) == 0);
}

TEST_CASE("Nearest neighbours refuse empty sets and other widths", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> two({2, 2}), none({0, 2}), wide({2, 3});
  CHECK_THROWS_MATCHES(rapt::nearest_neighbors(two, none), std::invalid_argument,
                       Message("nearest_neighbors: references has 0 samples, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::nearest_neighbors(two, wide), rapt::ShapeError,
                       Message("nearest_neighbors: references has shape (2, 3), expected (*, 2)"));
  CHECK_THROWS_MATCHES(rapt::memorization(none, two, two), std::invalid_argument,
                       Message("memorization: fake has 0 samples, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::memorization(two, two, none), std::invalid_argument,
                       Message("memorization: held_out has 0 samples, expected at least 1"));
}
