#include <rapt/gan/instance_noise.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>

TEST_CASE("InstanceNoise falls in a straight line to none", "[gan][instance_noise]") {
  const rapt::InstanceNoise noise{.deviation = 0.4, .steps = 4};
  CHECK(noise.at(1) == 0.4);
  CHECK(noise.at(2) == Catch::Approx(0.3));
  CHECK(noise.at(4) == Catch::Approx(0.1));
  CHECK(noise.at(5) == 0);
  CHECK(noise.at(100) == 0);
  CHECK(rapt::InstanceNoise{.deviation = 0.4}.at(1000) == 0.4);
  CHECK(rapt::InstanceNoise{}.at(1) == 0);
}

TEST_CASE("InstanceNoise names settings out of range", "[gan][instance_noise][errors]") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::InstanceNoise{.deviation = -1}.check(), std::invalid_argument,
                       Message("InstanceNoise: deviation is -1, expected at least 0"));
  CHECK_THROWS_MATCHES((rapt::InstanceNoise{.deviation = 1, .steps = -2}.check()), std::invalid_argument,
                       Message("InstanceNoise: steps is -2, expected at least 0"));
}

TEST_CASE("add_noise has mean 0 and the deviation asked for and on images too", "[gan][instance_noise]") {
  rapt::Tensor<float, 4> x({5, 3, 40, 41}), y;
  x.fill(2);
  const auto noisy = rapt::add_noise<float, 4>(x, 0.5, rapt::RandomStream(1), y);
  CHECK(noisy.shape() == x.shape());
  double sum = 0, squares = 0;
  for (const float v : noisy) {
    sum += v - 2;
    squares += (v - 2) * (v - 2);
  }
  const auto count = static_cast<double>(noisy.size());
  CHECK(std::abs(sum / count) < 0.5 * 4 / std::sqrt(count));
  CHECK(std::abs(std::sqrt(squares / count) - 0.5) < 0.01);
}

TEST_CASE("add_noise draws the same with 1 2 and 3 threads and serves empty samples",
          "[gan][instance_noise][threads]") {
  rapt::set_parallel_threshold(0);
  rapt::Tensor<double, 2> x({50, 201}), first, y;
  rapt::add_noise<double, 2>(x, 1, rapt::RandomStream(1), first);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    rapt::add_noise<double, 2>(x, 1, rapt::RandomStream(1), y);
    CHECK(std::equal(y.begin(), y.end(), first.begin()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  const rapt::Tensor<double, 2> none({0, 3});
  CHECK(rapt::add_noise<double, 2>(none, 1, rapt::RandomStream(1), y).shape() == none.shape());
}
