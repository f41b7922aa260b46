#pragma once
// The generic tests that every layer with tangents passes, beside those of layer_properties.hpp, on the same
// samples:
//
//   RAPT_TEST_TANGENT("Linear", LinearSample, "[nn][linear]")

#include <rapt/core/tangent.hpp>
#include <rapt/testing/tangent_check.hpp>

#include "support/layer_properties.hpp"

#include <cmath>
#include <string>

namespace rapt_test {

template <template <class> class Sample>
void check_tangent_gradients(const char* name) {
  rapt::Index compared = 0, moved = 0;
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<double> sample(draw);
    rapt::testing::GradientCheckOptions options;
    options.samples_per_tensor = 12;
    if (seed % 2 == 1) options.training = rapt::RandomStream(seed);
    using rapt::testing::Adjoints;
    for (const auto adjoints : {Adjoints::both, Adjoints::tangent_only, Adjoints::output_only}) {
      const auto report = rapt::testing::check_tangent(sample.layer, sample.input(), adjoints, options);
      INFO(name << " seed " << seed << " adjoints " << static_cast<int>(adjoints) << " worst at "
                << report.where << " moved " << report.moved);
      CHECK(report.worst < 1e-5);
      compared += report.samples;
      moved += report.moved;
    }
  }
  if (moved > 0) std::printf("%s: %td of %td tangent samples moved off kinks\n", name, moved, compared);
  CHECK(compared > 0);
  CHECK(20 * moved <= compared);
}

/// A direction for the sample's input, over memory of its own.
template <class T, class Input>
struct Direction {
  Input input;
  std::vector<std::vector<T>> memory;
  explicit Direction(Input original) : input(original) {
    rapt::RandomStream stream(17);
    rapt::detail::zip_views(
        [&](auto& view) {
          auto& values = memory.emplace_back(static_cast<std::size_t>(view.size()));
          for (T& v : values) v = rapt::normal<T>(stream);
          if (view.data() != nullptr) view = {values.data(), view.shape()};
        },
        input);
  }
  Direction(const Direction&) = delete;
};

template <class Input>
void append_views(Numbers& numbers, Input views) {
  rapt::detail::zip_views([&](auto& view) { append(numbers, view); }, views);
}

/// y', dS/dx', dS/dx and dS/dw of one pass.
template <class L>
Numbers one_tangent_pass(const L& layer, typename L::Input x, bool training) {
  typename L::Cache cache;
  if (training) rapt::start_training(cache, rapt::RandomStream(3));
  const Direction<typename L::Scalar, typename L::Input> direction(x);
  const auto adjoint = output_gradient(layer, x);
  L gradient = rapt::zeros_like(layer);
  Numbers numbers;
  layer.forward(x, cache);
  append(numbers, layer.forward_tangent(direction.input, cache));
  const auto views = layer.backward_tangent(adjoint, adjoint, cache, &gradient, rapt::InputGradient::compute);
  append_views(numbers, views.tangent);
  append_views(numbers, views.input);
  append_parameters(numbers, gradient);
  return numbers;
}

template <template <class> class Sample>
void check_tangent_semantics(const char* name) {
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    INFO(name << " seed " << seed);
    Draw draw(seed);
    const Sample<double> sample(draw);
    using L = std::remove_cvref_t<decltype(sample.layer)>;
    const auto adjoint = output_gradient(sample.layer, sample.input());
    const Direction<double, typename L::Input> direction(sample.input());
    const Numbers whole = one_tangent_pass(sample.layer, sample.input(), false);

    // frozen, after a first-order backward in between: the same bits
    typename L::Cache cache;
    sample.layer.forward(sample.input(), cache);
    sample.layer.backward(adjoint, cache, nullptr, rapt::InputGradient::compute);
    Numbers frozen;
    append(frozen, sample.layer.forward_tangent(direction.input, cache));
    auto views =
        sample.layer.backward_tangent(adjoint, adjoint, cache, nullptr, rapt::InputGradient::compute);
    append_views(frozen, views.tangent);
    append_views(frozen, views.input);
    REQUIRE(frozen.size() <= whole.size());
    CHECK(same_bits(frozen,
                    Numbers(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(frozen.size()))));

    // skip: no view comes back, and the parameters get the same
    L gradient = rapt::zeros_like(sample.layer);
    views = sample.layer.backward_tangent(adjoint, adjoint, cache, &gradient, rapt::InputGradient::skip);
    CHECK(rapt::detail::all_absent(views.tangent));
    CHECK(rapt::detail::all_absent(views.input));
    Numbers skipped;
    append_parameters(skipped, gradient);
    CHECK(
        same_bits(skipped, Numbers(whole.begin() + static_cast<std::ptrdiff_t>(frozen.size()), whole.end())));

    // without a direction's adjoint it is the first-order backward
    const auto first = sample.layer.backward(adjoint, cache, nullptr, rapt::InputGradient::compute);
    Numbers by_backward, by_tangent;
    append_views(by_backward, first);
    views = sample.layer.backward_tangent({}, adjoint, cache, nullptr, rapt::InputGradient::compute);
    CHECK(rapt::detail::all_absent(views.tangent));
    append_views(by_tangent, views.input);
    REQUIRE(by_backward.size() == by_tangent.size());
    for (std::size_t k = 0; k < by_backward.size(); ++k) {
      REQUIRE(by_backward[k].size() == by_tangent[k].size());
      double worst = 0, scale = 0;
      for (std::size_t i = 0; i < by_backward[k].size(); ++i) {
        const double error = std::abs(by_backward[k][i] - by_tangent[k][i]);
        worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
        scale = std::max(scale, std::abs(by_backward[k][i]));
      }
      CHECK(worst <= 1e-11 * (scale + 1));
    }

    // a direction of another shape is refused
    if constexpr (rapt::detail::is_float_view<typename L::Input>) {
      auto shape = sample.input().shape();
      ++shape[0];
      const rapt::Tensor<double, L::Input::rank> wrong(shape);
      std::string message;
      try {
        sample.layer.forward_tangent(wrong, cache);
      } catch (const rapt::ShapeError& error) {
        message = error.what();
      }
      INFO("wrong direction: " << message);
      CHECK(message.find(rapt::to_string(shape)) != std::string::npos);
      CHECK(message.find("expected") != std::string::npos);
    }
  }
}

template <template <class> class Sample, class T>
void check_tangent_allocations(const char* name) {
  if (!can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<T> sample(draw);
    using L = std::remove_cvref_t<decltype(sample.layer)>;
    typename L::Cache cache;
    if (seed % 2 == 1) rapt::start_training(cache, rapt::RandomStream(3));
    const auto adjoint = output_gradient(sample.layer, sample.input());
    const Direction<T, typename L::Input> direction(sample.input());
    L gradient = rapt::zeros_like(sample.layer);
    const auto step = [&] {
      rapt::set_zero(gradient);
      sample.layer.forward(sample.input(), cache);
      sample.layer.backward(adjoint, cache, nullptr, rapt::InputGradient::compute);
      sample.layer.forward_tangent(direction.input, cache);
      sample.layer.backward_tangent(adjoint, adjoint, cache, &gradient, rapt::InputGradient::compute);
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
void check_tangent_threads(const char* name) {
  rapt::set_parallel_threshold(0);
  for (std::uint64_t seed = 0; seed < samples / 2; ++seed) {
    Draw draw(seed);
    const Sample<float> sample(draw);
    const bool training = seed % 2 == 1;
    rapt::set_threads(1);
    const Numbers one = one_tangent_pass(sample.layer, sample.input(), training);
    for (const rapt::Index n : {2, 3}) {
      rapt::set_threads(n);
      INFO(name << " seed " << seed << " threads " << n);
      CHECK(same_bits(one, one_tangent_pass(sample.layer, sample.input(), training)));
    }
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

}  // namespace rapt_test

#define RAPT_TEST_TANGENT(NAME, SAMPLE, TAGS)                                                           \
  namespace {                                                                                           \
  const ::rapt_test::TangentRegistered tangent_registered_##SAMPLE(NAME);                               \
  }                                                                                                     \
  TEST_CASE(NAME " has a tangent that agrees with finite differences", TAGS "[tangent]") {              \
    ::rapt_test::check_tangent_gradients<SAMPLE>(NAME);                                                 \
  }                                                                                                     \
  TEST_CASE(NAME " keeps tangents apart from backward and honours frozen and skip", TAGS "[tangent]") { \
    ::rapt_test::check_tangent_semantics<SAMPLE>(NAME);                                                 \
  }                                                                                                     \
  TEST_CASE(NAME " allocates nothing in a warm tangent step", TAGS "[tangent][allocation]") {           \
    ::rapt_test::check_tangent_allocations<SAMPLE, float>(NAME);                                        \
    ::rapt_test::check_tangent_allocations<SAMPLE, double>(NAME);                                       \
  }                                                                                                     \
  TEST_CASE(NAME " gives the same tangent bits with 1 2 and 3 threads", TAGS "[tangent][threads]") {    \
    ::rapt_test::check_tangent_threads<SAMPLE>(NAME);                                                   \
  }
