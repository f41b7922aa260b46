#include <rapt/kernels/attention.hpp>

#include "rapt/kernels/attention_reference.hpp"
#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <limits>
#include <string>
#include <vector>

using rapt::Index;
using rapt::Simd;
using rapt_test::AttentionReference;
using rapt_test::AttentionResults;
using rapt_test::AttentionShape;
using rapt_test::KernelAttentionData;

namespace {

/// Calls test() with each kind of instructions that there is.
template <class Test>
void with_every_simd(Test&& test) {
  const rapt_test::KeepSimd keep;
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    rapt::set_simd(simd);
    test();
  }
}

template <class T>
void check_close(const AttentionResults<T>& is, const AttentionResults<T>& expected) {
  const double most = sizeof(T) == 4 ? 2e-5 : 1e-12;
  CHECK(rapt_test::largest_difference(is.y, expected.y) < most);
  CHECK(rapt_test::largest_difference(is.log_sum_exp(), expected.log_sum_exp()) < most);
  CHECK(rapt_test::largest_difference(is.d_query, expected.d_query) < most);
  CHECK(rapt_test::largest_difference(is.d_key, expected.d_key) < most);
  CHECK(rapt_test::largest_difference(is.d_value, expected.d_value) < most);
}

template <class T>
void check_reference(const KernelAttentionData<T>& data) {
  const AttentionReference<T> reference(data);
  with_every_simd([&] { check_close(data.run(), reference.r); });
}

template <class T>
void set_masks(KernelAttentionData<T>& data, const std::string& masks) {
  const auto has = [&](const char* name) { return masks.find(name) != std::string::npos; };
  if (has("causal")) data.after = 0;
  if (has("window")) data.before = data.after = 40;
  if (has("padding")) data.pad(0.3);
  if (has("ignored")) data.ignore(0.3);
  if (has("bias")) data.add_bias(0.2);
  if (has("alibi")) data.add_slopes();
  if (has("dropout")) data.dropout = 0.3;
}

}  // namespace

TEMPLATE_TEST_CASE("Streaming attention agrees with its definition for all sizes", "[kernels][attention]",
                   float, double) {
  for (const AttentionShape s : {AttentionShape{1, 1, 1, 1, 1, 1, 1},
                                 {1, 1, 1, 1, 7, 3, 5},
                                 {1, 1, 1, 7, 1, 8, 8},
                                 {2, 3, 3, 50, 50, 8, 8},
                                 {2, 2, 2, 67, 131, 24, 40},
                                 {1, 2, 2, 64, 128, 64, 64},
                                 {1, 1, 1, 128, 257, 17, 31},
                                 {1, 1, 1, 300, 290, 64, 64},
                                 {1, 1, 1, 33, 140, 256, 256},
                                 {1, 1, 1, 70, 30, 300, 5},
                                 {2, 1, 1, 5, 0, 4, 4},
                                 {2, 1, 1, 0, 5, 4, 4},
                                 {0, 1, 1, 5, 5, 4, 4},
                                 {1, 2, 2, 5, 6, 0, 4},
                                 {1, 2, 2, 5, 6, 4, 0}}) {
    for (const Index gap : {0, 3}) {
      INFO(s.batch << " " << s.heads << " " << s.queries << " x " << s.keys << " width " << s.width << " and "
                   << s.value_width << " gap " << gap);
      check_reference(KernelAttentionData<TestType>(s, gap));
    }
  }
}

TEMPLATE_TEST_CASE("Streaming attention agrees with its definition under every mask", "[kernels][attention]",
                   float, double) {
  for (const char* const masks :
       {"causal", "window", "padding", "ignored", "bias", "alibi", "dropout", "causal padding dropout",
        "window ignored bias", "causal padding ignored bias alibi dropout"}) {
    for (const AttentionShape s : {AttentionShape{2, 2, 2, 150, 150, 16, 16},
                                   {1, 2, 2, 30, 300, 8, 8},
                                   {1, 2, 2, 300, 30, 9, 8},
                                   {2, 6, 2, 20, 21, 8, 5},
                                   {1, 4, 1, 130, 140, 8, 8}}) {
      INFO(masks << ": " << s.batch << " " << s.heads << " / " << s.key_heads << " " << s.queries << " x "
                 << s.keys);
      KernelAttentionData<TestType> data(s, 1);
      set_masks(data, masks);
      check_reference(data);
    }
  }
}

TEST_CASE("Few long heads are cut by keys and give the same", "[kernels][attention]") {
  KernelAttentionData<float> data({1, 2, 1, 70, 1100, 16, 24});
  data.before = 700;
  check_reference(data);
}

TEST_CASE("Scores far from zero lose nothing and the lowest number is no infinity", "[kernels][attention]") {
  // Six keys with equal scores but for the offset, which the softmax does not see.
  for (const float offset : {-1e4f, -1e9f, 1e6f, std::numeric_limits<float>::lowest()}) {
    KernelAttentionData<float> data({1, 1, 1, 2, 6, 8, 8}), plain({1, 1, 1, 2, 6, 8, 8});
    data.bias.assign(12, offset);
    std::fill(data.query.begin(), data.query.end(), 0.f);
    std::fill(plain.query.begin(), plain.query.end(), 0.f);
    const AttentionResults<float> expected = plain.run();
    with_every_simd([&] {
      const AttentionResults<float> is = data.run();
      INFO(offset);
      CHECK(rapt_test::largest_difference(is.y, expected.y) < 2e-5);
      CHECK(rapt_test::largest_difference(is.d_query, expected.d_query) < 2e-5);
      CHECK(rapt_test::largest_difference(is.d_value, expected.d_value) < 2e-5);
    });
  }
}

TEST_CASE("Streaming attention reads heads wherever they lie", "[kernels][attention]") {
  const KernelAttentionData<float> data({1, 1, 1, 70, 75, 16, 16});
  const AttentionResults<float> expected = data.run();
  with_every_simd([&] {
    const AttentionResults<float> aligned = data.run();
    for (const std::size_t shift : {1u, 2u, 3u}) {
      const auto shifted = [&](const std::vector<float>& from) {
        std::vector<float> to(shift, 0);
        to.insert(to.end(), from.begin(), from.end());
        return to;
      };
      const std::vector<float> query = shifted(data.query), key = shifted(data.key),
                               value = shifted(data.value), dy = shifted(data.dy);
      auto p = data.problem();
      p.query.data = query.data() + shift;
      p.key.data = key.data() + shift;
      p.value.data = value.data() + shift;
      AttentionResults<float> r = expected;
      std::vector<float> y = shifted(r.y), partial;
      rapt::attention_forward<float>(p, {y.data() + shift, 70 * 16, 16}, r.normaliser.data());
      rapt::attention_backward<float>(p, {y.data() + shift, 70 * 16, 16}, r.normaliser.data(),
                                      {dy.data() + shift, 70 * 16, 16}, {r.d_query.data(), 70 * 16, 16},
                                      {r.d_key.data(), 75 * 16, 16}, {r.d_value.data(), 75 * 16, 16},
                                      partial);
      r.y.assign(y.begin() + static_cast<std::ptrdiff_t>(shift), y.end());
      CHECK(r == aligned);
      CHECK(partial.empty());
    }
  });
}

TEMPLATE_TEST_CASE("What masks ignore reaches nothing be it NaN", "[kernels][attention]", float, double) {
  const auto nan = std::numeric_limits<TestType>::quiet_NaN();
  const auto infinity = std::numeric_limits<TestType>::infinity();
  KernelAttentionData<TestType> data({2, 2, 1, 70, 140, 8, 8});
  data.after = 60;
  data.pad(0.1);
  data.add_bias(0.1);
  data.dropout = 0.2;
  // Nobody sees the keys 131 and 2; query 3 sees nothing.
  for (const Index b : {0, 1}) data.padding[static_cast<std::size_t>(b * 140 + 2)] = true;
  for (std::size_t j = 0; j < 140; ++j) data.bias[3 * 140 + j] = -infinity;
  KernelAttentionData<TestType> clean = data.copy();
  for (const Index j : {131, 2}) {
    for (Index d = 0; d < 8; ++d) {
      data.key[static_cast<std::size_t>(j * 8 + d)] = d % 2 == 0 ? nan : infinity;
      data.value[static_cast<std::size_t>(j * 8 + d)] = -infinity;
    }
  }
  for (std::size_t d = 0; d < 16; ++d) data.query[3 * 16 + d] = data.dy[3 * 16 + d] = nan;
  const AttentionReference<TestType> reference(clean);
  with_every_simd([&] { check_close(data.run(), reference.r); });
}

TEST_CASE("NaN that is seen makes its queries NaN and no others", "[kernels][attention]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  KernelAttentionData<float> data({1, 1, 1, 70, 70, 8, 8});
  data.after = 0;
  data.key[60 * 8] = nan;
  with_every_simd([&] {
    const auto r = data.run();
    for (std::size_t i = 0; i < 70; ++i) {
      CHECK(std::isnan(r.y[i * 8]) == (i >= 60));
      CHECK(std::isnan(r.d_query[i * 8]) == (i >= 60));
    }
    CHECK(std::isnan(r.d_value[0]));
  });
}

TEST_CASE("Streaming attention gives the same bits with 1 to 4 threads and allocates nothing when warm",
          "[kernels][attention][threads][allocation]") {
  rapt::set_parallel_threshold(0);
  KernelAttentionData<float> many({2, 6, 3, 150, 150, 16, 16}), few({1, 2, 2, 300, 1030, 16, 16});
  set_masks(many, "causal padding dropout");
  for (const KernelAttentionData<float>* data : {&many, &few}) {
    const auto p = data->problem();
    const AttentionResults<float> expected = data->run();
    for (const Index threads : {1, 2, 3, 4}) {
      rapt::set_threads(threads);
      CHECK(data->run() == expected);
      AttentionResults<float> r = expected;
      std::vector<float> partial(static_cast<std::size_t>(3 * 300 * 2 * 16));
      const Index row = p.heads * p.width, key_row = p.key_heads * p.width;
      const rapt::AttentionHeads<const float> y{r.y.data(), p.queries * row, row};
      const long before = rapt_test::allocation_count();
      rapt::attention_forward<float>(p, {r.y.data(), p.queries * row, row}, r.normaliser.data());
      rapt::attention_backward<float>(p, y, r.normaliser.data(), {data->dy.data(), p.queries * row, row},
                                      {r.d_query.data(), p.queries * row, row},
                                      {r.d_key.data(), p.keys * key_row, key_row},
                                      {r.d_value.data(), p.keys * key_row, key_row}, partial);
      CHECK(rapt_test::allocation_count() == before);
      CHECK(r == expected);
    }
    rapt::set_threads(1);
  }
  rapt::set_parallel_threshold(100'000);
}
