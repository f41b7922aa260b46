#include <rapt/attention/attention_input.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>

namespace {

const double never = -std::numeric_limits<double>::infinity();

// Which keys each query of a sample sees, one row a query, as 0 and 1.
std::vector<double> attention_input_sees(const rapt::AttentionInput<double>& x, rapt::Index b = 0) {
  std::vector<double> all;
  for (rapt::Index i = 0; i < x.query.extent(1); ++i) {
    std::vector<double> row(static_cast<std::size_t>(x.key.extent(1)), 1);
    rapt::detail::mask_scores(x, b, 0, i, row.data());
    for (const double score : row) all.push_back(score == never ? 0 : 1);
  }
  return all;
}

}  // namespace

TEST_CASE("Causal and windowed masks leave the keys worked out by hand", "[attention][mask]") {
  const rapt::Tensor<double, 3> q({1, 3, 1}), k({1, 4, 1});
  rapt::AttentionInput<double> x{.query = q, .key = k, .value = k};
  using V = std::vector<double>;

  CHECK(attention_input_sees(x) == V{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  x.causal = true;
  CHECK(attention_input_sees(x) == V{1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0});
  x.window = 1;
  CHECK(attention_input_sees(x) == V{1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0});
  x.causal = false;
  CHECK(attention_input_sees(x) == V{1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1});
  x.window = 0;
  CHECK(attention_input_sees(x) == V{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
  x.window = std::numeric_limits<rapt::Index>::max();
  CHECK(attention_input_sees(x) == V{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("A window may leave a query beyond the last key without any", "[attention][mask]") {
  const rapt::Tensor<double, 3> q({1, 4, 1}), k({1, 2, 1});
  CHECK(attention_input_sees({.query = q, .key = k, .value = k, .window = 1}) ==
        std::vector<double>{1, 1, 1, 1, 0, 1, 0, 0});
}

TEST_CASE("All masks combine and true means ignored", "[attention][mask]") {
  const rapt::Tensor<double, 3> q({2, 2, 1}), k({2, 3, 1});
  const rapt::Tensor<bool, 2> padding({2, 3}, {false, false, false, true, false, false});
  const rapt::Tensor<bool, 2> mask({2, 3}, {false, true, false, false, false, false});
  const rapt::Tensor<double, 2> bias({2, 3}, {0.5, 0, 2, 0, never, 1});
  const rapt::AttentionInput<double> x{
      .query = q, .key = k, .value = k, .key_padding_mask = padding, .attn_mask = mask, .bias = bias};

  CHECK(attention_input_sees(x, 0) == std::vector<double>{1, 0, 1, 1, 0, 1});
  CHECK(attention_input_sees(x, 1) == std::vector<double>{0, 0, 1, 0, 0, 1});
  std::vector<double> scores{1, 1, std::nan("")};
  rapt::detail::mask_scores(x, 0, 0, 0, scores.data());
  CHECK(scores[0] == 1.5);
  CHECK(scores[1] == never);
  CHECK(std::isnan(scores[2]));
}

TEST_CASE("Keys that no query sees are zeroed in a copy and others are used in place", "[attention][mask]") {
  const rapt::Tensor<double, 3> q({1, 1, 1}), k({1, 3, 2}, {1, 2, 3, 4, std::nan(""), 6});
  rapt::AttentionInput<double> x{.query = q, .key = k, .value = k};
  rapt::Tensor<double, 3> copy;

  CHECK(rapt::detail::without_unseen(x, x.key, copy).data() == k.data());
  CHECK(copy.size() == 0);
  x.window = 1;
  const auto cleaned = rapt::detail::without_unseen(x, x.key, copy);
  CHECK(rapt_test::numbers(cleaned) == std::vector<double>{1, 2, 3, 4, 0, 0});
}

TEST_CASE("A key counts as seen where any query sees it under every mask", "[attention][mask]") {
  rapt::Index hidden = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    rapt_test::Draw draw(seed);
    rapt_test::AttentionData<double> data(draw, 1, 1, 1);
    if (data.attn_mask.size() != 0 && seed % 3 == 0) data.attn_mask.fill(true);
    const auto x = data.input();
    for (rapt::Index b = 0; b < x.query.extent(0); ++b) {
      const auto sees = attention_input_sees(x, b);
      const rapt::Index keys = x.key.extent(1);
      for (rapt::Index j = 0; j < keys; ++j) {
        bool any = false;
        for (rapt::Index i = 0; i < x.query.extent(1); ++i) {
          any = any || sees[static_cast<std::size_t>(i * keys + j)] == 1;
        }
        CHECK(rapt::detail::seen(x, b, j) == any);
        if (!any) ++hidden;
      }
    }
  }
  CHECK(hidden > 50);
}

TEST_CASE("An attention input that does not fit names the part and both shapes", "[attention][errors]") {
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), v({2, 5, 7}), other_batch({1, 5, 6}),
      short_v({2, 4, 7});
  const rapt::Tensor<bool, 2> mask({5, 2});
  const rapt::Tensor<float, 2> bias({3, 4});
  const rapt::Tensor<float, 1> slopes({3});
  const auto text = [](const rapt::AttentionInput<float>& x, rapt::Index e = 4, rapt::Index ek = 6,
                       rapt::Index ev = 7, rapt::Index heads = 1) {
    return rapt_test::attention_error([&] { rapt::detail::check_attention_input("F", x, e, ek, ev, heads); });
  };
  CHECK(text({.query = q, .key = k, .value = v}) == "no error");
  CHECK(text({.query = q, .key = k, .value = v}, 5) == "F: query has shape (2, 3, 4), expected (*, *, 5)");
  CHECK(text({.query = q, .key = k, .value = v}, 4, 5) == "F: key has shape (2, 5, 6), expected (2, *, 5)");
  CHECK(text({.query = q, .key = other_batch, .value = v}) ==
        "F: key has shape (1, 5, 6), expected (2, *, 6)");
  CHECK(text({.query = q, .key = k, .value = v}, 4, 6, 8) ==
        "F: value has shape (2, 5, 7), expected (2, 5, 8)");
  CHECK(text({.query = q, .key = k, .value = short_v}) == "F: value has shape (2, 4, 7), expected (2, 5, 7)");
  CHECK(text({.query = q, .key = k, .value = v, .key_padding_mask = mask}) ==
        "F: key_padding_mask has shape (5, 2), expected (2, 5)");
  CHECK(text({.query = q, .key = k, .value = v, .attn_mask = mask}) ==
        "F: attn_mask has shape (5, 2), expected (3, 5)");
  CHECK(text({.query = q, .key = k, .value = v, .bias = bias}) ==
        "F: bias has shape (3, 4), expected (3, 5)");
  CHECK(text({.query = q, .key = k, .value = v, .alibi_slopes = slopes}) ==
        "F: alibi_slopes has shape (3), expected (1)");
  CHECK(text({.query = q, .key = k, .value = v, .alibi_slopes = slopes}, 4, 6, 7, 2) ==
        "F: alibi_slopes has shape (3), expected (2)");
  CHECK(text({.query = q, .key = k, .value = v, .alibi_slopes = slopes}, 4, 6, 7, 3) == "no error");
  CHECK(text({.query = q, .key = k, .value = v, .window = -2}) ==
        "F: window is -2, expected a distance of at least 0 or no_window");
}
