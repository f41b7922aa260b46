#include <rapt/ops/matmul.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using rapt::Tensor;

namespace {

std::vector<double> matmul_values(const Tensor<double, 2>& a, const Tensor<double, 2>& b,
                                  rapt::MatmulOptions options, Tensor<double, 2> c) {
  rapt::matmul(a, b, c.view(), options);
  return {c.begin(), c.end()};
}
std::string matmul_message(const Tensor<double, 2>& a, const Tensor<double, 2>& b,
                           rapt::MatmulOptions options, Tensor<double, 2>& c) {
  try {
    rapt::matmul(a, b, c.view(), options);
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("matmul transposes and scales and accumulates as asked", "[ops][matmul]") {
  const Tensor<double, 2> a({2, 3}, {1, 2, 3, 4, 5, 6}), b({3, 2}, {1, 0, -1, 2, 3, 1});
  const Tensor<double, 2> at({3, 2}, {1, 4, 2, 5, 3, 6}), bt({2, 3}, {1, -1, 3, 0, 2, 1});
  const Tensor<double, 2> c({2, 2}, {10, 20, 30, 40});
  const std::vector<double> product{8, 7, 17, 16};
  CHECK(matmul_values(a, b, {}, c) == product);
  CHECK(matmul_values(at, b, {.transpose_a = true}, c) == product);
  CHECK(matmul_values(a, bt, {.transpose_b = true}, c) == product);
  CHECK(matmul_values(at, bt, {.transpose_a = true, .transpose_b = true}, c) == product);
  CHECK(matmul_values(a, b, {.accumulate = true, .alpha = 2}, c) == std::vector<double>{26, 34, 64, 72});
}

TEST_CASE("matmul works on views over memory that the user owns", "[ops][matmul]") {
  const float a[] = {1, 2}, b[] = {3, 4};
  float c[4] = {};
  using View = rapt::TensorView<const float, 2>;
  rapt::matmul(View(a, {2, 1}), View(b, {1, 2}), rapt::TensorView<float, 2>(c, {2, 2}));
  CHECK(std::vector<float>(c, c + 4) == std::vector<float>{3, 4, 6, 8});
}

TEST_CASE("matmul of empty operands gives zeros or nothing", "[ops][matmul]") {
  CHECK(matmul_values(Tensor<double, 2>({2, 0}), Tensor<double, 2>({0, 1}), {},
                      Tensor<double, 2>({2, 1}, {5, 6})) == std::vector<double>{0, 0});
  CHECK(matmul_values(Tensor<double, 2>({0, 3}), Tensor<double, 2>({3, 2}), {}, Tensor<double, 2>({0, 2}))
            .empty());
}

TEST_CASE("matmul refuses what does not fit before it writes", "[ops][matmul][errors]") {
  const Tensor<double, 2> a({2, 3}), b({4, 2}), good({3, 2});
  Tensor<double, 2> c({2, 2}, {1, 2, 3, 4}), narrow({2, 1}, {1, 2});
  CHECK(matmul_message(a, b, {}, c) == "matmul: b has shape (4, 2), expected (3, *)");
  CHECK(matmul_message(a, b, {.transpose_b = true}, c) == "matmul: b has shape (4, 2), expected (*, 3)");
  CHECK(matmul_message(a, good, {.transpose_a = true}, c) == "matmul: b has shape (3, 2), expected (2, *)");
  CHECK(matmul_message(a, good, {}, narrow) == "matmul: c has shape (2, 1), expected (2, 2)");
  CHECK(std::vector<double>(c.begin(), c.end()) == std::vector<double>{1, 2, 3, 4});
  CHECK(std::vector<double>(narrow.begin(), narrow.end()) == std::vector<double>{1, 2});
}
