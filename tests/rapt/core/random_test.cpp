#include <rapt/core/random.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <span>
#include <vector>

using rapt::Index;
using rapt::RandomStream;

TEST_CASE("A stream starts with the words of Philox and its state resumes anywhere", "[core][random]") {
  RandomStream stream(0);
  CHECK(stream() == 0x6627e8d5);
  CHECK(stream() == 0xe169c58d);
  for (int drawn = 2; drawn < 11; ++drawn) {
    RandomStream resumed(stream.state()), here = stream;
    for (int i = 0; i < 9; ++i) CHECK(resumed() == here());
    stream();
  }
  CHECK(stream.state() == RandomStream::State{0, 0, 11});
}

TEST_CASE("Sub-streams follow from name and number and not from the position", "[core][random]") {
  RandomStream stream(5), moved(5);
  moved();
  CHECK(stream.substream("dropout").state() == moved.substream("dropout").state());
  std::set<std::uint64_t> numbers{stream.state().stream};
  for (std::uint64_t i = 0; i < 100; ++i) numbers.insert(stream.substream(i).state().stream);
  for (const char* name : {"", "a", "b", "ab", "ba"}) numbers.insert(stream.substream(name).state().stream);
  numbers.insert(stream.substream("a").substream("b").state().stream);
  CHECK(numbers.size() == 107);
  CHECK(RandomStream(6).substream("a").state().seed == 6);
}

TEMPLATE_TEST_CASE("Uniform numbers have the mean and variance of their interval and stay inside",
                   "[core][random]", float, double) {
  RandomStream stream(1);
  rapt::Tensor<TestType, 1> x({40000});
  fill_uniform(x.view(), -1, 3, stream);
  const double mean = x.array().template cast<double>().mean();
  const double variance = (x.array().template cast<double>() - mean).square().mean();
  CHECK(std::abs(mean - 1) < 4 * std::sqrt(16.0 / 12 / 40000));
  CHECK(std::abs(variance - 16.0 / 12) < 0.03);
  CHECK(x.array().minCoeff() >= -1);
  CHECK(x.array().maxCoeff() < 3);
}

TEST_CASE("Uniform never gives the upper end even where the sum rounds up to it", "[core][random]") {
  RandomStream stream(2);
  const float high = std::nextafter(1.0f, 2.0f);
  for (int i = 0; i < 100; ++i) CHECK(uniform(stream, 1.0f, high) == 1.0f);
  CHECK(uniform(stream, 2.0f, 2.0f) == 2.0f);
}

TEMPLATE_TEST_CASE("Normal numbers have the moments and tails of the normal law", "[core][random]", float,
                   double) {
  RandomStream stream(3);
  rapt::Tensor<TestType, 1> x({40000});
  fill_normal(x.view(), 0, 1, stream);
  const auto z = x.array().template cast<double>();
  CHECK(std::abs(z.mean()) < 4.0 / 200);
  CHECK(std::abs(z.square().mean() - 1) < 4 * std::sqrt(2.0 / 40000));
  CHECK(std::abs(z.cube().mean()) < 4 * std::sqrt(15.0 / 40000));
  CHECK(std::abs(z.square().square().mean() - 3) < 4 * std::sqrt(96.0 / 40000));
  const double beyond = static_cast<double>((z.abs() > 1.959964).count()) / 40000;
  CHECK(std::abs(beyond - 0.05) < 4 * std::sqrt(0.05 * 0.95 / 40000));
}

TEST_CASE("Indices are equally likely and stay below the limit", "[core][random]") {
  RandomStream stream(4);
  std::vector<double> count(7);
  for (int i = 0; i < 70000; ++i) ++count[static_cast<std::size_t>(uniform_index(stream, 7))];
  double chi_square = 0;
  for (const double n : count) chi_square += (n - 10000) * (n - 10000) / 10000;
  CHECK(chi_square < 22.5);  // 6 degrees of freedom, p = 0.001
  CHECK(uniform_index(stream, 1) == 0);
  const Index huge = std::numeric_limits<Index>::max();
  for (int i = 0; i < 100; ++i) {
    const Index drawn = uniform_index(stream, huge);
    CHECK((drawn >= 0 && drawn < huge));
  }
  CHECK_THROWS_AS(uniform_index(stream, 0), std::invalid_argument);
  CHECK_THROWS_AS(uniform_index(stream, -1), std::invalid_argument);
}

TEST_CASE("shuffle gives every permutation equally often", "[core][random]") {
  RandomStream stream(5);
  std::vector<int> count(6);
  for (int i = 0; i < 12000; ++i) {
    std::vector<int> v{0, 1, 2};
    shuffle(std::span(v), stream);
    ++count[static_cast<std::size_t>(v[0] * 2 + (v[1] > v[2] ? 1 : 0))];
  }
  double chi_square = 0;
  for (const int n : count) chi_square += (n - 2000.0) * (n - 2000.0) / 2000;
  CHECK(chi_square < 20.5);  // 5 degrees of freedom, p = 0.001
  std::vector<int> none;
  CHECK_NOTHROW(shuffle(std::span(none), stream));
}

TEST_CASE("A stream is a uniform random bit generator of the standard library", "[core][random]") {
  STATIC_REQUIRE(std::uniform_random_bit_generator<RandomStream>);
}
