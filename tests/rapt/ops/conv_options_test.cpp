#include <rapt/ops/conv_options.hpp>

#include "support/catch.hpp"

#include <string>

using rapt::PerAxis;

namespace {

template <class Action>
std::string conv_options_error(Action&& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("One number stands for both axes", "[ops][conv]") {
  CHECK(PerAxis(3) == PerAxis(3, 3));
  CHECK(rapt::ConvOptions{.stride = {2, 1}}.stride == PerAxis(2, 1));
  CHECK(rapt::ConvOptions{.padding = 4}.padding == PerAxis(4, 4));
  CHECK_FALSE(PerAxis(1, 2) == PerAxis(2, 1));
  CHECK(rapt::to_string(PerAxis(2, 1)) == "(2, 1)");
}

TEST_CASE("Convolutions have the extents that PyTorch documents", "[ops][conv]") {
  using rapt::detail::conv_output;
  using rapt::detail::conv_transpose_output;
  const rapt::Shape<4> x{2, 3, 10, 7};
  CHECK(conv_output("f", x, 3, {}) == PerAxis(8, 5));
  CHECK(conv_output("f", x, {4, 1}, {.stride = {2, 3}, .padding = {1, 0}}) == PerAxis(5, 3));
  CHECK(conv_output("f", x, 3, {.dilation = {4, 3}}) == PerAxis(2, 1));
  CHECK(conv_transpose_output("f", x, 4, {.stride = 2, .padding = 1}, 0) == PerAxis(20, 14));
  CHECK(conv_transpose_output("f", x, {3, 2}, {.stride = {3, 1}, .dilation = {1, 5}}, {2, 4}) ==
        PerAxis(32, 16));
}

TEST_CASE("Convolutions without outputs are refused with all numbers", "[ops][conv][errors]") {
  using rapt::detail::conv_output;
  using rapt::detail::conv_transpose_output;
  CHECK(conv_options_error([] {
          conv_output("f", {2, 3, 4, 5}, {3, 7}, {.padding = {0, 0}});
        }) ==
        "f: x has shape (2, 3, 4, 5), padded by (0, 0) smaller than the kernel (3, 7) with dilation (1, 1): "
        "the "
        "output would be empty");
  CHECK(conv_options_error([] { conv_output("f", {2, 3, 4, 5}, {3, 7}, {.padding = {0, 1}}); }) == "nothing");
  CHECK(
      conv_options_error([] {
        conv_transpose_output("f", {2, 3, 1, 5}, 2, {.stride = 2, .padding = 1}, 0);
      }) ==
      "f: x has shape (2, 3, 1, 5), with kernel (2, 2), stride (2, 2), padding (1, 1), output_padding (0, 0) "
      "and dilation (1, 1) the output would be empty");
}
