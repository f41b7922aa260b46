#include <rapt/attention/alibi_slopes.hpp>
#include <rapt/attention/multihead_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"

#include <cmath>

TEMPLATE_TEST_CASE("ALiBi slopes of a power of two halve their exponents evenly", "[attention][alibi]", float,
                   double) {
  using T = TestType;
  using V = std::vector<double>;
  CHECK(rapt_test::numbers(rapt::alibi_slopes<T>(1)) == V{1.0 / 256});
  CHECK(rapt_test::numbers(rapt::alibi_slopes<T>(2)) == V{1.0 / 16, 1.0 / 256});
  CHECK(rapt_test::numbers(rapt::alibi_slopes<T>(4)) == V{1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256});
  CHECK(rapt_test::numbers(rapt::alibi_slopes<T>(8)) ==
        V{0.5, 0.25, 0.125, 0.0625, 0.03125, 1.0 / 64, 1.0 / 128, 1.0 / 256});
}

TEST_CASE("ALiBi slopes of other numbers of heads take every other one of the next power",
          "[attention][alibi]") {
  using V = std::vector<double>;
  // of 2 heads, then the first of 4
  CHECK(rapt_test::numbers(rapt::alibi_slopes<double>(3)) == V{1.0 / 16, 1.0 / 256, 1.0 / 4});
  // of 4 heads, then the first and third of 8
  CHECK(rapt_test::numbers(rapt::alibi_slopes<double>(6)) ==
        V{1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256, 1.0 / 2, 1.0 / 8});
  const auto twelve = rapt::alibi_slopes<double>(12);
  CHECK(twelve(8) == Catch::Approx(std::sqrt(0.5)));
  CHECK(twelve(11) == Catch::Approx(std::pow(2, -3.5)));
}

TEST_CASE("ALiBi slopes of no heads are refused", "[attention][alibi][errors]") {
  CHECK(rapt_test::attention_error([] { rapt::alibi_slopes<float>(0); }) ==
        "alibi_slopes: heads is 0, expected at least 1");
}

TEST_CASE("ALiBi lowers scores by the distance on both sides", "[attention][alibi]") {
  // equal scores; slope log 2: a weight halves with every step away from the query
  const rapt::Tensor<double, 3> q({1, 2, 1}), k({1, 3, 1}), v({1, 3, 1}, {7, 70, 700});
  const rapt::Tensor<double, 1> slopes({1}, {std::log(2.0)});
  rapt::AttentionCache<double> cache;
  for (const auto need_weights : {rapt::NeedWeights::none, rapt::NeedWeights::per_head}) {
    rapt::detail::dot_attention<double>(
        {.query = q, .key = k, .value = v, .alibi_slopes = slopes, .need_weights = need_weights}, 1, 1.0, {},
        cache);
    CHECK(cache.context(0, 0, 0) == Catch::Approx(4 + 20 + 100));
    CHECK(cache.context(0, 1, 0) == Catch::Approx((7 + 2 * 70 + 700) / 4.0));
  }
}

TEST_CASE("MultiheadAttention with ALiBi agrees with PyTorch", "[attention][alibi][golden]") {
  rapt::MultiheadAttention<double> layer;
  layer.heads = 3;
  const auto slopes = rapt::alibi_slopes<double>(3);
  rapt_test::check_attention_golden("multihead_attention_alibi", layer, rapt::NeedWeights::averaged, slopes);
}
