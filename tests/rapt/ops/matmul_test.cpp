#include <rapt/ops/matmul.hpp>

#include <rapt/core/random.hpp>
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

TEST_CASE("matmul adds a bias and applies an activation before it writes", "[ops][matmul]") {
  const Tensor<double, 2> a({2, 2}, {1, 2, 3, 4}), b({2, 3}, {1, 0, -1, 0, 1, -1});  // a b: 1 2 -3, 3 4 -7
  const Tensor<double, 1> bias({3}, {-2, 10, 4});
  const auto run = [&](rapt::MatmulEpilogue<double> epilogue, bool accumulate) {
    Tensor<double, 2> c({2, 3}, {100, 0, 0, 0, 0, 1});
    rapt::matmul(a, b, c.view(), {.accumulate = accumulate}, epilogue);
    return std::vector<double>(c.begin(), c.end());
  };
  using rapt::FusedActivation;
  CHECK(run({.bias = bias}, false) == std::vector<double>{-1, 12, 1, 1, 14, -3});
  CHECK(run({.bias = bias, .activation = FusedActivation::relu}, false) ==
        std::vector<double>{0, 12, 1, 1, 14, 0});
  CHECK(run({.bias = bias, .activation = FusedActivation::leaky_relu, .slope = 0.5}, false) ==
        std::vector<double>{-0.5, 12, 1, 1, 14, -1.5});
  CHECK(run({.bias = bias, .activation = FusedActivation::relu}, true) ==
        std::vector<double>{99, 12, 1, 1, 14, 0});
  CHECK(run({.activation = FusedActivation::relu}, false) == std::vector<double>{1, 2, 0, 3, 4, 0});
}

TEMPLATE_TEST_CASE("matmul with bias and activation agrees with the steps one after the other",
                   "[ops][matmul]", float, double) {
  using T = TestType;
  rapt::RandomStream stream(3);
  for (const auto& [m, n, k] :
       {rapt::Shape<3>{1, 7, 5}, {3, 1, 40}, {50, 50, 32}, {129, 70, 300}, {5, 0, 3}, {6, 9, 0}}) {
    for (const bool transpose_b : {false, true}) {
      for (const auto activation :
           {rapt::FusedActivation::none, rapt::FusedActivation::relu, rapt::FusedActivation::leaky_relu}) {
        INFO(m << " x " << n << " x " << k);
        Tensor<T, 2> a({m, k}), b(transpose_b ? rapt::Shape<2>{n, k} : rapt::Shape<2>{k, n}), fused({m, n}),
            steps({m, n});
        Tensor<T, 1> bias({n});
        fill_normal(a.view(), 0, 1, stream);
        fill_normal(b.view(), 0, 1, stream);
        fill_normal(bias.view(), 0, 1, stream);
        rapt::matmul(a, b, fused.view(), {.transpose_b = transpose_b},
                     {.bias = bias, .activation = activation, .slope = T(0.1)});
        rapt::matmul(a, b, steps.view(), {.transpose_b = transpose_b});
        for (rapt::Index i = 0; i < m; ++i) {
          for (rapt::Index j = 0; j < n; ++j) {
            T x = steps(i, j) + bias(j);
            if (x < 0 && activation == rapt::FusedActivation::relu) x = 0;
            if (x < 0 && activation == rapt::FusedActivation::leaky_relu) x *= T(0.1);
            CHECK(fused(i, j) == x);
          }
        }
      }
    }
  }
}

TEST_CASE("matmul of a batch is that of each sample", "[ops][matmul]") {
  rapt::RandomStream stream(4);
  for (const int transposed : {0, 1, 2, 3}) {
    const bool ta = transposed % 2 == 1, tb = transposed / 2 == 1;
    Tensor<float, 3> a(ta ? rapt::Shape<3>{3, 4, 5} : rapt::Shape<3>{3, 5, 4}),
        b(tb ? rapt::Shape<3>{3, 6, 4} : rapt::Shape<3>{3, 4, 6}), c({3, 5, 6});
    fill_normal(a.view(), 0, 1, stream);
    fill_normal(b.view(), 0, 1, stream);
    rapt::matmul(a, b, c.view(), {.transpose_a = ta, .transpose_b = tb, .alpha = 2});
    for (rapt::Index i = 0; i < 3; ++i) {
      Tensor<float, 2> one({5, 6});
      rapt::matmul(a[i], b[i], one.view(), {.transpose_a = ta, .transpose_b = tb, .alpha = 2});
      CHECK(std::vector<float>(one.begin(), one.end()) == std::vector<float>(c[i].begin(), c[i].end()));
    }
  }
  const Tensor<float, 3> no_samples({0, 5, 4}), no_right({0, 4, 6}), no_rows({2, 0, 4}), right({2, 4, 6});
  Tensor<float, 3> none({0, 5, 6}), empty({2, 0, 6});
  CHECK_NOTHROW(rapt::matmul(no_samples, no_right, none.view()));
  CHECK_NOTHROW(rapt::matmul(no_rows, right, empty.view()));
}

TEST_CASE("matmul of empty operands gives zeros or nothing", "[ops][matmul]") {
  CHECK(matmul_values(Tensor<double, 2>({2, 0}), Tensor<double, 2>({0, 1}), {},
                      Tensor<double, 2>({2, 1}, {5, 6})) == std::vector<double>{0, 0});
  CHECK(matmul_values(Tensor<double, 2>({0, 3}), Tensor<double, 2>({3, 2}), {}, Tensor<double, 2>({0, 2}))
            .empty());
}

TEST_CASE("matmul refuses a bias or a batch that does not fit", "[ops][matmul][errors]") {
  const Tensor<double, 2> a({2, 3}), b({3, 2});
  const Tensor<double, 1> bias({3});
  Tensor<double, 2> c({2, 2});
  CHECK_THROWS_WITH(rapt::matmul(a, b, c.view(), {}, {.bias = bias}),
                    "matmul: bias has shape (3), expected (2)");
  const Tensor<double, 3> a3({2, 2, 3}), b3({1, 3, 2});
  Tensor<double, 3> c3({2, 2, 2});
  CHECK_THROWS_WITH(rapt::matmul(a3, b3, c3.view()), "matmul: b has shape (1, 3, 2), expected (2, 3, *)");
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
