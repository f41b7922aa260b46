#pragma once
// The generic tests that every loss passes. A sample is a class template with a `loss`, a `prediction()` and
// a `target()`, over memory that the sample owns; sizes are never such that the loss averages over nothing.

#include "support/layer_properties.hpp"

namespace rapt_test {

template <class Sample>
Numbers loss_pass(const Sample& sample) {
  using L = std::remove_cvref_t<decltype(sample.loss)>;
  typename L::Cache cache;
  Numbers numbers;
  numbers.push_back({static_cast<double>(sample.loss.forward(sample.prediction(), sample.target(), cache))});
  auto gradient = sample.loss.backward(cache);
  rapt::detail::zip_views([&](auto& view) { append(numbers, view); }, gradient);
  return numbers;
}

template <template <class> class Sample>
void check_loss_gradients(const char* name) {
  rapt::Index compared = 0, moved = 0;
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<double> sample(draw);
    const auto report = rapt::testing::check_loss_gradient(sample.loss, sample.prediction(), sample.target());
    INFO(name << " seed " << seed << " worst at " << report.where);
    CHECK(report.worst < 1e-6);
    compared += report.samples;
    moved += report.moved;
  }
  if (moved > 0) std::printf("%s: %td of %td samples moved off kinks\n", name, moved, compared);
  CHECK(compared > 0);
  CHECK(20 * moved <= compared);
}

template <template <class> class Sample>
void check_loss_allocations(const char* name) {
  if (!can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<float> sample(draw);
    typename std::remove_cvref_t<decltype(sample.loss)>::Cache cache;
    const auto step = [&] {
      sample.loss.forward(sample.prediction(), sample.target(), cache);
      sample.loss.backward(cache);
    };
    step();
    const long before = allocation_count();
    step();
    const long after = allocation_count();
    INFO(name << " seed " << seed);
    CHECK(after == before);
  }
}

template <template <class> class Sample>
void check_loss_threads(const char* name) {
  rapt::set_parallel_threshold(0);
  for (std::uint64_t seed = 0; seed < samples / 2; ++seed) {
    Draw draw(seed);
    const Sample<float> sample(draw);
    rapt::set_threads(1);
    const Numbers one = loss_pass(sample);
    for (const rapt::Index n : {2, 3}) {
      rapt::set_threads(n);
      INFO(name << " seed " << seed << " threads " << n);
      CHECK(same_bits(one, loss_pass(sample)));
    }
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

}  // namespace rapt_test

#define RAPT_TEST_LOSS(NAME, SAMPLE, TAGS)                                          \
  namespace {                                                                       \
  const ::rapt_test::Registered registered_##SAMPLE(NAME);                          \
  }                                                                                 \
  TEST_CASE(NAME " agrees with finite differences", TAGS "[gradient]") {            \
    ::rapt_test::check_loss_gradients<SAMPLE>(NAME);                                \
  }                                                                                 \
  TEST_CASE(NAME " allocates nothing when warm", TAGS "[allocation]") {             \
    ::rapt_test::check_loss_allocations<SAMPLE>(NAME);                              \
  }                                                                                 \
  TEST_CASE(NAME " gives the same bits with 1 2 and 3 threads", TAGS "[threads]") { \
    ::rapt_test::check_loss_threads<SAMPLE>(NAME);                                  \
  }
