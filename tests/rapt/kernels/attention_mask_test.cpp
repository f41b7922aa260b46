#include <rapt/kernels/attention_mask.hpp>

#include "support/catch.hpp"

#include <limits>

using rapt::Index;
using namespace rapt::detail;

TEST_CASE("A tile's window agrees with that of each of its scores", "[kernels][attention]") {
  rapt::AttentionProblem<float> p;
  p.queries = 20;
  p.keys = 25;
  for (const Index before : {Index{-1}, Index{0}, Index{3}, std::numeric_limits<Index>::max()}) {
    for (const Index after : {Index{-1}, Index{0}, Index{5}, std::numeric_limits<Index>::max()}) {
      p.before = before;
      p.after = after;
      for (Index i = 0; i < 20; i += 4) {
        for (Index j = 0; j < 25; j += 5) {
          Index seen = 0;
          for (Index n = i; n < i + 4; ++n) {
            const auto [from, to] = keys_of_query(p, n);
            for (Index m = j; m < j + 5; ++m) {
              const bool sees = (before < 0 || n - m <= before) && (after < 0 || m - n <= after);
              CHECK((from <= m && m < to) == sees);
              if (sees) ++seen;
            }
          }
          const TileMask expected = seen == 0 ? TileMask::all : seen == 20 ? TileMask::none : TileMask::some;
          CHECK(window_mask(p, {i, 4, j, 5}) == expected);
        }
      }
    }
  }
}

TEST_CASE("A tile is padded where its keys are", "[kernels][attention]") {
  const bool padded[] = {true, true, true, false, false, true};
  rapt::AttentionProblem<double> p;
  p.keys = 3;
  CHECK(padding_mask(p, 0, {0, 1, 0, 3}) == TileMask::none);
  p.key_padding_mask = padded;
  CHECK(padding_mask(p, 0, {0, 1, 0, 3}) == TileMask::all);
  CHECK(padding_mask(p, 1, {0, 1, 0, 3}) == TileMask::some);
  CHECK(padding_mask(p, 1, {0, 1, 0, 2}) == TileMask::none);
}

TEST_CASE("A tile of attn_mask is full where all of it is", "[kernels][attention]") {
  rapt::AttentionProblem<float> p;
  p.queries = 4;
  p.keys = 21;
  CHECK(given_mask(p, {0, 4, 0, 21}) == TileMask::none);
  bool mask[4 * 21] = {};
  p.attn_mask = mask;
  CHECK(given_mask(p, {0, 4, 0, 21}) == TileMask::none);
  for (Index j = 0; j < 21; ++j) mask[21 + j] = mask[42 + j] = j >= 2;
  CHECK(given_mask(p, {1, 2, 2, 19}) == TileMask::all);
  CHECK(given_mask(p, {1, 2, 1, 20}) == TileMask::some);
  CHECK(given_mask(p, {0, 2, 2, 16}) == TileMask::some);
  CHECK(given_mask(p, {1, 2, 0, 2}) == TileMask::none);
  mask[42 + 20] = false;
  CHECK(given_mask(p, {1, 2, 2, 19}) == TileMask::some);
  CHECK(given_mask(p, {1, 2, 2, 18}) == TileMask::all);
}

TEST_CASE("Each mask ignores keys and each addend is added", "[kernels][attention]") {
  const bool mask[] = {false, true};
  const double bias[] = {2, -std::numeric_limits<double>::infinity()}, slopes[] = {0, 0.5};
  rapt::AttentionProblem<double> p;
  p.queries = 1;
  p.keys = 2;
  CHECK(!may_ignore(p));
  CHECK(added_to_score(p, 1, 0, 1) == 0);
  p.bias = bias;
  CHECK(may_ignore(p));
  CHECK(!ignored_key(p, 0, 0, 0));
  CHECK(ignored_key(p, 0, 0, 1));
  p.alibi_slopes = slopes;
  CHECK(added_to_score(p, 1, 0, 0) == 2);
  p.bias = nullptr;
  CHECK(!may_ignore(p));
  CHECK(added_to_score(p, 1, 0, 1) == -0.5);
  p.attn_mask = mask;
  CHECK(may_ignore(p));
  CHECK(ignored_key(p, 0, 0, 1));
  CHECK(!ignored_key(p, 0, 0, 0));
}
