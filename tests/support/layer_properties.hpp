#pragma once
// The generic tests that every layer passes. A sample is a class template with a `layer` of random sizes and
// an `input()`:
//
//   template <class T>
//   struct LinearSample {
//     explicit LinearSample(Draw& draw)
//         : layer(draw.positive(), draw.size(), draw.values), x(draw.normal<T, 2>({draw.size(), layer.in()}))
//         {}
//     rapt::Linear<T> layer;
//     rapt::Tensor<T, 2> x;
//     auto input() const { return x.view(); }
//   };
//   RAPT_TEST_LAYER("Linear", LinearSample, "[nn][linear]")
//
// `input()` must return the layer's Input, over memory that the sample owns. A sample may set
// `static constexpr bool dead_parameters = true` with a comment that says why a parameter may get no
// gradient.

#include <rapt/core/cast.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/training.hpp>
#include <rapt/testing/golden.hpp>
#include <rapt/testing/gradient_check.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"
#include "support/registry.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace rapt_test {

/// How many random samples a property is tried on: 24, or what RAPT_TEST_SAMPLES says.
inline const std::uint64_t samples = [] {
  std::uint64_t number = 24;
  if (const char* text = std::getenv("RAPT_TEST_SAMPLES"))
    std::from_chars(text, text + std::strlen(text), number);
  return number;
}();

/// The numbers of a pass: output, input gradients, parameter gradients, in that order.
using Numbers = std::vector<std::vector<double>>;

template <class View>
void append(Numbers& numbers, const View& view) {
  auto& list = numbers.emplace_back();
  for (auto v : view) list.push_back(static_cast<double>(v));
}

inline bool same_bits(const Numbers& a, const Numbers& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != b[i].size()) return false;
    if (!a[i].empty() && std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(double)) != 0)
      return false;
  }
  return true;
}

template <class L>
inline constexpr bool has_input_gradient = !std::is_void_v<decltype(std::declval<const L&>().backward(
    std::declval<typename L::Output>(), std::declval<typename L::Cache&>(), static_cast<L*>(nullptr),
    rapt::InputGradient::compute))>;

template <class L>
rapt::Tensor<typename L::Scalar, L::Output::rank> output_gradient(const L& layer, typename L::Input x) {
  typename L::Cache cache;
  rapt::Tensor<typename L::Scalar, L::Output::rank> dy(layer.forward(x, cache).shape());
  rapt::RandomStream stream(11);
  fill_normal(dy.view(), 0, 1, stream);
  return dy;
}

template <class L>
void append_backward(Numbers& numbers, const L& layer, typename L::Output dy, typename L::Cache& cache,
                     L* gradient, rapt::InputGradient wanted = rapt::InputGradient::compute) {
  if constexpr (has_input_gradient<L>) {
    auto dx = layer.backward(dy, cache, gradient, wanted);
    if (wanted == rapt::InputGradient::compute)
      rapt::detail::zip_views([&](auto& view) { append(numbers, view); }, dx);
  } else {
    layer.backward(dy, cache, gradient, wanted);
  }
}

template <class L>
void append_parameters(Numbers& numbers, L& gradient) {
  rapt::zip_parameters([&](auto& p) { append(numbers, p.view()); }, gradient);
}

/// One pass in training or prediction mode.
template <class L>
Numbers one_pass(const L& layer, typename L::Input x, bool training) {
  typename L::Cache cache;
  if (training) rapt::start_training(cache, rapt::RandomStream(3));
  const auto dy = output_gradient(layer, x);
  L gradient = rapt::zeros_like(layer);
  Numbers numbers;
  append(numbers, layer.forward(x, cache));
  append_backward(numbers, layer, dy, cache, &gradient);
  append_parameters(numbers, gradient);
  return numbers;
}

template <template <class> class Sample>
void check_layer_gradients(const char* name) {
  rapt::Index compared = 0, moved = 0;
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<double> sample(draw);
    rapt::testing::GradientCheckOptions options;
    if (seed % 2 == 1) options.training = rapt::RandomStream(seed);
    const auto report = rapt::testing::check_gradient(sample.layer, sample.input(), options);
    INFO(name << " seed " << seed << " worst at " << report.where << " moved " << report.moved);
    CHECK(report.worst < 1e-6);
    compared += report.samples;
    moved += report.moved;
  }
  if (moved > 0) std::printf("%s: %td of %td samples moved off kinks\n", name, moved, compared);
  CHECK(compared > 0);
  CHECK(20 * moved <= compared);
}

template <template <class> class Sample>
void check_float_against_double(const char* name) {
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed), twin(seed);
    const Sample<double> sample(draw);
    const Sample<float> single(twin);
    auto x = sample.input();
    auto x_single = single.input();
    std::vector<std::vector<float>> memory;
    rapt::detail::zip_views(
        [&](auto& to, auto& from) {
          auto& values = memory.emplace_back();
          for (const double v : from) values.push_back(static_cast<float>(v));
          if (to.data() != nullptr) to = {values.data(), from.shape()};
        },
        x_single, x);
    const auto layer = rapt::cast<float>(sample.layer);
    const Numbers exact = one_pass(sample.layer, x, false), rounded = one_pass(layer, x_single, false);
    REQUIRE(exact.size() == rounded.size());
    for (std::size_t k = 0; k < exact.size(); ++k) {
      REQUIRE(exact[k].size() == rounded[k].size());
      double scale = 0;
      for (const double v : exact[k]) scale = std::max(scale, std::abs(v));
      double worst = 0;
      for (std::size_t i = 0; i < exact[k].size(); ++i) {
        const double error = std::abs(exact[k][i] - rounded[k][i]);
        // A NaN is the worst of all: no later number may take its place.
        worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
      }
      INFO(name << " seed " << seed << " part " << k << " worst " << worst << " of " << scale);
      // What is exactly 0 (the gradient of a key's bias, say) is in float the rounding of a sum whose terms
      // are of order 1 and cancel: 1e-6 is a few times the 6e-8 of each.
      CHECK(worst <= 2e-4 * scale + 1e-6);
    }
  }
}

// A gradient of the wrong shape is refused before anything is written, and the message names both shapes.
template <class L>
void check_wrong_output_gradient(const L& layer, typename L::Cache& cache,
                                 const rapt::Shape<L::Output::rank>& right, L& gradient) {
  Numbers before, after;
  append_parameters(before, gradient);
  for (std::size_t axis = 0; axis < L::Output::rank; ++axis) {
    auto shape = right;
    ++shape[axis];
    rapt::Tensor<double, L::Output::rank> wrong(shape);
    wrong.fill(1);
    std::string message;
    try {
      layer.backward(wrong, cache, &gradient, rapt::InputGradient::compute);
    } catch (const rapt::ShapeError& error) {
      message = error.what();
    }
    INFO("wrong dy: " << message);
    CHECK(message.find(rapt::to_string(shape)) != std::string::npos);
    CHECK(message.find("expected") != std::string::npos);
  }
  append_parameters(after, gradient);
  CHECK(same_bits(before, after));
}

template <template <class> class Sample>
void check_layer_semantics(const char* name) {
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    INFO(name << " seed " << seed);
    Draw draw(seed);
    const Sample<double> sample(draw);
    using L = std::remove_cvref_t<decltype(sample.layer)>;
    const auto dy = output_gradient(sample.layer, sample.input());
    const Numbers whole = one_pass(sample.layer, sample.input(), false);

    // frozen: the same input gradient, bit for bit
    typename L::Cache cache;
    Numbers frozen, expected;
    append(frozen, sample.layer.forward(sample.input(), cache));
    append_backward(frozen, sample.layer, dy, cache, static_cast<L*>(nullptr));
    expected.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(frozen.size()));
    CHECK(same_bits(frozen, expected));

    // skip: the same parameter gradient, bit for bit
    Numbers skipped;
    L gradient = rapt::zeros_like(sample.layer);
    sample.layer.forward(sample.input(), cache);
    append_backward(skipped, sample.layer, dy, cache, &gradient, rapt::InputGradient::skip);
    append_parameters(skipped, gradient);
    expected.assign(whole.begin() + static_cast<std::ptrdiff_t>(frozen.size()), whole.end());
    CHECK(same_bits(skipped, expected));

    // two interleaved caches do not disturb each other
    Draw other_draw(seed + 1000);
    const Sample<double> other(other_draw);
    typename L::Cache cache_a, cache_b;
    L gradient_a = rapt::zeros_like(sample.layer), gradient_b = rapt::zeros_like(other.layer);
    const auto dy_b = output_gradient(other.layer, other.input());
    Numbers a, b;
    append(a, sample.layer.forward(sample.input(), cache_a));
    append(b, other.layer.forward(other.input(), cache_b));
    append_backward(a, sample.layer, dy, cache_a, &gradient_a);
    append_backward(b, other.layer, dy_b, cache_b, &gradient_b);
    append_parameters(a, gradient_a);
    append_parameters(b, gradient_b);
    CHECK(same_bits(a, whole));
    CHECK(same_bits(b, one_pass(other.layer, other.input(), false)));

    check_wrong_output_gradient(sample.layer, cache_a, dy.shape(), gradient_a);
  }
}

template <template <class> class Sample, class T>
void check_layer_allocations(const char* name) {
  if (!can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<T> sample(draw);
    using L = std::remove_cvref_t<decltype(sample.layer)>;
    typename L::Cache cache;
    if (seed % 2 == 1) rapt::start_training(cache, rapt::RandomStream(3));
    const auto dy = output_gradient(sample.layer, sample.input());
    L gradient = rapt::zeros_like(sample.layer);
    const auto step = [&] {
      rapt::set_zero(gradient);
      sample.layer.forward(sample.input(), cache);
      sample.layer.backward(dy, cache, &gradient, rapt::InputGradient::compute);
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
void check_layer_threads(const char* name) {
  rapt::set_parallel_threshold(0);
  for (std::uint64_t seed = 0; seed < samples / 2; ++seed) {
    Draw draw(seed);
    const Sample<float> sample(draw);
    const bool training = seed % 2 == 1;
    rapt::set_threads(1);
    const Numbers one = one_pass(sample.layer, sample.input(), training);
    for (const rapt::Index n : {2, 3}) {
      rapt::set_threads(n);
      INFO(name << " seed " << seed << " threads " << n);
      CHECK(same_bits(one, one_pass(sample.layer, sample.input(), training)));
    }
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

// Whatever a constructor leaves to chance would differ from the first to the second. (seed defect 6)
template <template <class> class Sample>
void check_initial_parameters(const char* name) {
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    INFO(name << " seed " << seed);
    Draw draw(seed), again(seed);
    const Sample<double> sample(draw), twin(again);
    Numbers first, second;
    append_parameters(first, sample.layer);
    append_parameters(second, twin.layer);
    CHECK(same_bits(first, second));
    for (const auto& parameter : first) {
      for (const double number : parameter) CHECK(std::isfinite(number));
    }
  }
}

template <template <class> class Sample>
void check_dead_parameters(const char* name) {
  // A parameter that stays without gradient over all samples is dead, unless it never has a number.
  std::vector<std::string> names;
  std::vector<bool> alive, filled;
  for (std::uint64_t seed = 0; seed < samples; ++seed) {
    Draw draw(seed);
    const Sample<double> sample(draw);
    auto gradient = rapt::zeros_like(sample.layer);
    using L = std::remove_cvref_t<decltype(sample.layer)>;
    typename L::Cache cache;
    const auto dy = output_gradient(sample.layer, sample.input());
    sample.layer.forward(sample.input(), cache);
    sample.layer.backward(dy, cache, &gradient, rapt::InputGradient::compute);
    std::size_t k = 0;
    rapt::named_parameters(
        [&](std::string_view parameter, auto& g) {
          if (k == names.size()) {
            names.emplace_back(parameter);
            alive.push_back(false);
            filled.push_back(false);
          }
          if (g.size() != 0) filled[k] = true;
          for (const double v : g) {
            if (v != 0) alive[k] = true;
          }
          ++k;
        },
        gradient);
  }
  for (std::size_t k = 0; k < names.size(); ++k) {
    INFO(name << ": " << names[k] << " never gets a gradient");
    CHECK((alive[k] || !filled[k]));
  }
}

}  // namespace rapt_test

// One ctest entry for each property of each layer.
#define RAPT_TEST_LAYER(NAME, SAMPLE, TAGS)                                         \
  namespace {                                                                       \
  const ::rapt_test::Registered registered_##SAMPLE(NAME);                          \
  }                                                                                 \
  TEST_CASE(NAME " agrees with finite differences", TAGS "[gradient]") {            \
    ::rapt_test::check_layer_gradients<SAMPLE>(NAME);                               \
  }                                                                                 \
  TEST_CASE(NAME " gives in float what it gives in double", TAGS) {                 \
    ::rapt_test::check_float_against_double<SAMPLE>(NAME);                          \
  }                                                                                 \
  TEST_CASE(NAME " keeps passes apart and honours frozen and skip", TAGS) {         \
    ::rapt_test::check_layer_semantics<SAMPLE>(NAME);                               \
  }                                                                                 \
  TEST_CASE(NAME " allocates nothing in a warm step", TAGS "[allocation]") {        \
    ::rapt_test::check_layer_allocations<SAMPLE, float>(NAME);                      \
    ::rapt_test::check_layer_allocations<SAMPLE, double>(NAME);                     \
  }                                                                                 \
  TEST_CASE(NAME " gives the same bits with 1 2 and 3 threads", TAGS "[threads]") { \
    ::rapt_test::check_layer_threads<SAMPLE>(NAME);                                 \
  }                                                                                 \
  TEST_CASE(NAME " begins with the same finite parameters from one seed", TAGS) {   \
    ::rapt_test::check_initial_parameters<SAMPLE>(NAME);                            \
  }                                                                                 \
  TEST_CASE(NAME " has no dead parameter", TAGS) { ::rapt_test::check_dead_parameters<SAMPLE>(NAME); }
