#include <rapt/attention/materialized.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>

namespace {

const double materialized_nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("Mixing takes nothing from what has weight 0 be it NaN", "[attention][core]") {
  const std::vector<double> weights{0, 2, 0, 3, 0, 5}, values{materialized_nan, 1, 1, 10, 2, 20};
  std::vector<double> mixed(4, 1);
  // (2, 3) times (3, 2): the first row does not touch the NaN
  rapt::detail::mix<double>(2, 2, 3, 1, {weights.data(), 3}, values.data(), 2, false, mixed.data(), 2);
  CHECK(mixed[0] == 2);
  CHECK(mixed[1] == 20);
  CHECK(std::isnan(mixed[2]));
  CHECK(mixed[3] == 3 * 1 + 5 * 20);
  // transposed and added: (3, 2)^T with weights as stored (2, 3)
  const std::vector<double> more{1, 2, materialized_nan, 4};
  std::vector<double> sums(6, 100);
  rapt::detail::mix<double>(3, 2, 2, 2, {weights.data(), 3, true}, more.data(), 2, true, sums.data(), 2);
  CHECK(std::isnan(sums[0]));
  CHECK(sums[1] == 100 + 2 * 3 * 4);
  CHECK(sums[2] == 100 + 2 * 2 * 1);
  CHECK(sums[3] == 100 + 2 * 2 * 2);
}

TEST_CASE("Mixing finite numbers is the matrix product", "[attention][core]") {
  rapt_test::Draw draw(1);
  const auto a = draw.normal<double, 2>({4, 5}), b = draw.normal<double, 2>({5, 3});
  rapt::Tensor<double, 2> c({4, 3});
  rapt::detail::mix<double>(4, 3, 5, 2, {a.data(), 5}, b.data(), 3, false, c.data(), 3);
  CHECK((c.matrix() - 2 * a.matrix() * b.matrix()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("Heads are read in place and do not mix", "[attention][core]") {
  rapt_test::Draw draw(2);
  const rapt::Index heads = 3, width = 2;
  const rapt_test::AttentionData<double> all(draw, heads * width, heads * width, heads * width);
  REQUIRE(all.query.size() * all.key.size() != 0);
  rapt_test::AttentionData<double> one = all;
  rapt::AttentionCache<double> cache, one_cache;
  rapt::detail::materialized_dot_attention<double>(all.input(), heads, 0.5, {}, cache);
  for (rapt::Index h = 0; h < heads; ++h) {
    const auto take = [&](const rapt::Tensor<double, 3>& from, rapt::Tensor<double, 3>& to) {
      to.resize({from.extent(0), from.extent(1), width});
      if (to.size() != 0) to.matrix() = from.matrix().middleCols(h * width, width);
    };
    take(all.query, one.query);
    take(all.key, one.key);
    take(all.value, one.value);
    rapt::detail::materialized_dot_attention<double>(one.input(), 1, 0.5, {}, one_cache);
    rapt::Tensor<double, 3> context;
    take(cache.context, context);
    CHECK(rapt::testing::largest_difference(context, one_cache.context) < 1e-12);
  }
}

TEST_CASE("Dropout of the weights scales those it keeps", "[attention][core]") {
  rapt_test::Draw draw(4);
  const auto q = draw.normal<double, 3>({2, 5, 3}), k = draw.normal<double, 3>({2, 50, 3});
  rapt::AttentionCache<double> cache;
  rapt::detail::materialized_dot_attention<double>({q, k, k}, 1, 1.0, {0.2, rapt::RandomStream(1)}, cache);
  rapt::Index dropped = 0;
  for (rapt::Index i = 0; i < cache.dropped.size(); ++i) {
    const double p = cache.probabilities.data()[i], m = cache.dropped.data()[i];
    if (m == 0) ++dropped;
    if (m != 0) CHECK(m == Catch::Approx(p / 0.8));
  }
  CHECK(dropped > 60);  // 100 of 500 in the mean, 9 the deviation
  CHECK(dropped < 140);
}

TEST_CASE("Dropout of the weights follows head and row and column alone", "[attention][core]") {
  const rapt::Index queries = 3, width = 1, heads = 2;
  for (const rapt::Index keys : {1, 4, 7}) {
    const rapt::Tensor<double, 3> q({2, queries, heads * width}), k({2, keys, heads * width});
    const rapt::RandomStream stream(6);
    rapt::AttentionCache<double> cache;
    rapt::detail::materialized_dot_attention<double>({q, k, k}, heads, 1.0, {0.5, stream}, cache);
    for (rapt::Index chunk = 0; chunk < 2 * heads; ++chunk) {
      const auto of_head = stream.substream(static_cast<std::uint64_t>(chunk));
      for (rapt::Index i = 0; i < queries; ++i) {
        for (rapt::Index j = 0; j < keys; ++j) {
          const bool drops = rapt::attention_word(of_head, keys, i, j) < rapt::attention_drop_threshold(0.5);
          CHECK((cache.dropped(chunk / heads, chunk % heads, i, j) == 0) == drops);
        }
      }
    }
  }
}

TEST_CASE("Weights are averaged over the heads", "[attention][core]") {
  rapt_test::Draw draw(4);
  const auto q = draw.normal<double, 3>({2, 3, 4}), k = draw.normal<double, 3>({2, 5, 4});
  rapt::AttentionCache<double> cache;
  rapt::detail::materialized_dot_attention<double>(
      {.query = q, .key = k, .value = k, .need_weights = rapt::NeedWeights::averaged}, 2, 1.0, {}, cache);
  const auto mean = cache.weights();
  CHECK(mean.shape() == rapt::Shape<3>{2, 3, 5});
  CHECK(mean(1, 2, 3) ==
        Catch::Approx((cache.probabilities(1, 0, 2, 3) + cache.probabilities(1, 1, 2, 3)) / 2));
}
