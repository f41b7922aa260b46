#include <rapt/testing/golden.hpp>

#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <limits>
#include <string>

using rapt::Tensor;
using rapt::testing::Golden;
using rapt::testing::largest_difference;

namespace {

struct GoldenFile {
  explicit GoldenFile(const std::string& text) : path(folder.write("golden.txt", text)) {}
  rapt_test::TemporaryFolder folder;
  std::string path;
};

// What reading the text says, without the path.
std::string golden_message(const std::string& text) {
  const GoldenFile file(text);
  try {
    Golden golden(file.path);
  } catch (const rapt::FormatError& error) {
    return std::string(error.what()).substr(file.path.size());
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("Golden reads tensors of every rank by name", "[testing][golden]") {
  const GoldenFile file("# a comment\nscalar : 5e-1\nx 2 3 : 1 2 3 4 5 6.5\n\nempty 0 4 :\n");
  const Golden golden(file.path);
  const auto x = golden.tensor<double, 2>("x");
  CHECK(x.shape() == rapt::Shape<2>{2, 3});
  CHECK(x(1, 2) == 6.5);
  CHECK(golden.tensor<float, 2>("empty").shape() == rapt::Shape<2>{0, 4});
  CHECK(golden.has("scalar"));
  CHECK_FALSE(golden.has("y"));
  CHECK_THROWS_WITH((golden.tensor<double, 1>("x")), file.path + ": 'x' has shape (2, 3), expected rank 1");
  CHECK_THROWS_WITH((golden.tensor<double, 1>("y")), file.path + ": has no tensor 'y'");
}

TEST_CASE("Golden fills a layer by the names of its parameters", "[testing][golden]") {
  const GoldenFile file("l.weight 1 2 : 3 4\nl.bias 1 : 5\n");
  rapt::Linear<double> layer;
  Golden(file.path).load(layer, "l.");
  CHECK(layer.weight(0, 1) == 4);
  CHECK(layer.bias(0) == 5);
  CHECK_THROWS_AS(Golden(file.path).load(layer, "m."), rapt::FormatError);
}

TEST_CASE("Golden says in which line a text is wrong", "[testing][golden][errors]") {
  CHECK(golden_message("x 2 : 1 2\ny 3 : 1 2\n") == ":2: has 2 values, expected 3");
  CHECK(golden_message("x 2 1 2\n") == ":1: expected ':' after the extents");
  CHECK(golden_message("x 2 : 1 b\n") == ":1: expected a number at 'b'");
  CHECK(golden_message("x -1 :\n") == ":1: shape: extent -1 is negative");
  CHECK(golden_message("x 4294967296 4294967296 :\n") ==
        ":1: shape: 4294967296 * 4294967296 does not fit 63 bits");
  CHECK(golden_message("x 1 : 1\nx 1 : 1\n") == ":2: 'x' is there twice");
  CHECK_THROWS_WITH(Golden("/no/such/file"), "/no/such/file: cannot be opened");
}

TEST_CASE("largest_difference is infinite for other shapes and for NaN", "[testing][golden]") {
  const Tensor<double, 1> a({2}, {1, 2}), b({2}, {1, 2.5}), c({1}, {1});
  const double infinity = std::numeric_limits<double>::infinity();
  Tensor<double, 1> nan({2}, {std::numeric_limits<double>::quiet_NaN(), 2});
  CHECK(largest_difference(a, b) == 0.5);
  CHECK(largest_difference(a, c) == infinity);
  CHECK(largest_difference(a, nan) == infinity);
  CHECK(largest_difference(nan, nan) == infinity);
}
