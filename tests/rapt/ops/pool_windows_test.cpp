#include <rapt/ops/pool_windows.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace {

// begin and end of each window of an axis
std::vector<rapt::Index> pool_edges(const rapt::PoolAxis& axis) {
  std::vector<rapt::Index> edges;
  for (rapt::Index o = 0; o < axis.out; ++o) {
    edges.push_back(axis.begin(o));
    edges.push_back(axis.end(o));
  }
  return edges;
}

rapt::PoolAxis pool_rows(rapt::Index height, const rapt::PoolSettings& pool) {
  return pool_windows("Pool", {1, 1, height, 100}, pool).rows;
}

using PoolEdges = std::vector<rapt::Index>;

}  // namespace

TEST_CASE("Windows lie where PyTorch lays them", "[ops][pool]") {
  CHECK(pool_edges(pool_rows(5, {.kernel_size = 2, .stride = 2})) == PoolEdges{0, 2, 2, 4});
  CHECK(pool_edges(pool_rows(5, {.kernel_size = 2, .stride = 2, .ceil_mode = true})) ==
        PoolEdges{0, 2, 2, 4, 4, 5});
  CHECK(pool_edges(pool_rows(4, {.kernel_size = 3, .stride = 2, .padding = 1})) == PoolEdges{0, 2, 1, 4});
  // A third window would begin at 5 - 1, within the image; at 4 - 1 + 2 = 5 = in + padding it would not.
  CHECK(pool_edges(pool_rows(5, {.kernel_size = 2, .stride = 3, .padding = 1, .ceil_mode = true})) ==
        PoolEdges{0, 1, 2, 4});
  CHECK(pool_edges(pool_rows(4, {.kernel_size = 2, .stride = 5, .padding = 1, .ceil_mode = true})) ==
        PoolEdges{0, 1});
  // -2, 1, 4 without -2; 1, 4, 7 without 7
  const auto dilated = pool_rows(6, {.kernel_size = 5, .stride = 3, .padding = 2, .dilation = 2});
  CHECK(pool_edges(dilated) == PoolEdges{0, 6});
  const auto odd = pool_rows(6, {.kernel_size = 3, .stride = 2, .padding = 1, .dilation = 3});
  CHECK(pool_edges(odd) == PoolEdges{2, 6});
}

TEST_CASE("Windows know how much padding they read", "[ops][pool]") {
  const auto axis =
      pool_rows(4, {.kernel_size = 3, .stride = 2, .padding = 1, .ceil_mode = true});  // -1, 1, 3
  CHECK(pool_edges(axis) == PoolEdges{0, 2, 1, 4, 3, 4});
  CHECK(axis.padded_length(0) == 3);
  CHECK(axis.padded_length(1) == 3);
  CHECK(axis.padded_length(2) == 2);  // 3, 4: position 5 is beyond the padding
  CHECK_FALSE(axis.even());
  CHECK(pool_rows(6, {.kernel_size = 2, .stride = 2}).even());
  CHECK_FALSE(pool_rows(5, {.kernel_size = 2, .stride = 2, .ceil_mode = true}).even());
}

TEST_CASE("Adaptive windows cover the image evenly", "[ops][pool]") {
  const auto windows = rapt::adaptive_windows("Pool", {1, 1, 7, 4}, {3, 6});
  CHECK(pool_edges(windows.rows) == PoolEdges{0, 3, 2, 5, 4, 7});
  CHECK(pool_edges(windows.columns) == PoolEdges{0, 1, 0, 2, 1, 2, 2, 3, 2, 4, 3, 4});
  CHECK(rapt::adaptive_windows("Pool", {1, 1, 7, 4}, {rapt::any, 1}).rows.out == 7);
  CHECK(rapt::adaptive_windows("Pool", {1, 1, 6, 4}, {3, 4}).rows.even());
  CHECK_FALSE(windows.rows.even());
}

TEST_CASE("Poolings name the settings that make no sense", "[ops][pool][errors]") {
  using Catch::Matchers::Message;
  const auto check = [](const rapt::PoolSettings& pool) { rapt::expect_pool_settings("Pool", pool); };
  CHECK_NOTHROW(check({.kernel_size = 3, .padding = 1}));
  CHECK_THROWS_MATCHES(check({.kernel_size = {0, 2}}), std::invalid_argument,
                       Message("Pool: kernel_size is (0, 2), expected at least 1 each"));
  CHECK_THROWS_MATCHES(check({.stride = {1, 0}}), std::invalid_argument,
                       Message("Pool: stride is (1, 0), expected at least 1 each"));
  CHECK_THROWS_MATCHES(check({.padding = -1}), std::invalid_argument,
                       Message("Pool: padding is (-1, -1), expected at least 0 each"));
  CHECK_THROWS_MATCHES(check({.dilation = 0}), std::invalid_argument,
                       Message("Pool: dilation is (0, 0), expected at least 1 each"));
  CHECK_THROWS_MATCHES(check({.kernel_size = {3, 4}, .padding = {2, 2}}), std::invalid_argument,
                       Message("Pool: padding is (2, 2), expected at most half of kernel_size (3, 4)"));
  CHECK_THROWS_MATCHES(
      rapt::pool_windows("Pool", {2, 3, 2, 9}, {.kernel_size = 5, .padding = 1, .dilation = 2}),
      rapt::ShapeError,
      Message(
          "Pool::forward: x has shape (2, 3, 2, 9), too small for kernel_size (5, 5) with padding (1, 1) and "
          "dilation (2, 2)"));
  CHECK_THROWS_MATCHES(
      rapt::pool_windows("Pool", {2, 3, 0, 9}, {}), rapt::ShapeError,
      Message("Pool::forward: x has shape (2, 3, 0, 9), too small for kernel_size (1, 1) with "
              "padding (0, 0) and dilation (1, 1)"));
  CHECK_THROWS_MATCHES(rapt::adaptive_windows("Pool", {2, 3, 4, 0}, 1), rapt::ShapeError,
                       Message("Pool::forward: x has shape (2, 3, 4, 0), expected a height and a width of at "
                               "least 1"));
  CHECK_THROWS_MATCHES(rapt::adaptive_windows("Pool", {2, 3, 4, 4}, {2, 0}), std::invalid_argument,
                       Message("Pool: output_size is (2, 0), expected at least 1 each"));
}

TEST_CASE("Settings of a pooling end at 2 to the 20", "[ops][pool_windows][errors]") {
  using Catch::Matchers::Message;
  const rapt::Index most = 1 << 20, huge = rapt::Index{1} << 62;
  const auto expected = [](const std::string& name, const std::string& value) {
    return Message("Pool: " + name + " is " + value + ", expected at most 1048576 each");
  };
  const auto check = [](const rapt::PoolSettings& pool) { rapt::expect_pool_settings("Pool", pool); };
  check({.kernel_size = most, .stride = most, .padding = most / 2, .dilation = most});
  CHECK_THROWS_MATCHES(check({.kernel_size = most + 1}), std::invalid_argument,
                       expected("kernel_size", "(1048577, 1048577)"));
  CHECK_THROWS_MATCHES(check({.stride = {1, huge}}), std::invalid_argument,
                       expected("stride", "(1, 4611686018427387904)"));
  CHECK_THROWS_MATCHES(check({.padding = {huge, 1}}), std::invalid_argument,
                       expected("padding", "(4611686018427387904, 1)"));
  CHECK_THROWS_MATCHES(check({.kernel_size = 5, .dilation = {huge, 1}}), std::invalid_argument,
                       expected("dilation", "(4611686018427387904, 1)"));
  CHECK_THROWS_MATCHES(rapt::adaptive_windows("Pool", {2, 3, 4, 4}, {2, most + 1}), std::invalid_argument,
                       expected("output_size", "(2, 1048577)"));
  CHECK(rapt::adaptive_windows("Pool", {1, 1, most + 1, 4}, {rapt::any, 2}).rows.out == most + 1);
}
