#include <rapt/core/tensor.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using rapt::Index;
using rapt::Tensor;

namespace {

template <class T, std::size_t R>
std::vector<T> tensor_values(const Tensor<T, R>& tensor) {
  return {tensor.begin(), tensor.end()};
}

}  // namespace

TEMPLATE_TEST_CASE("A new Tensor is filled with zeros on a 64 byte boundary", "[core][tensor]", float, double,
                   Index, bool) {
  for (const Index n : {0, 1, 3, 17, 1000}) {
    const Tensor<TestType, 2> tensor({n, 3});
    CHECK(tensor.size() == 3 * n);
    CHECK(std::all_of(tensor.begin(), tensor.end(), [](TestType x) { return x == TestType{}; }));
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
  }
}

TEST_CASE("A Tensor takes a list of values in row-major order", "[core][tensor]") {
  Tensor<double, 2> tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(tensor(1, 0) == 4);
  CHECK(tensor[1](2) == 6);
  CHECK(tensor.matrix()(0, 2) == 3);
  CHECK(tensor.rows().shape() == rapt::Shape<2>{2, 3});
  tensor.fill(7);
  CHECK(tensor_values(tensor) == std::vector<double>(6, 7));
  std::string message;
  try {
    Tensor<double, 2>({2, 3}, {1, 2, 3});
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK(message == "Tensor: 3 values for shape (2, 3)");
}

TEST_CASE("Copies of a Tensor are apart and moves leave an empty one", "[core][tensor]") {
  Tensor<float, 1> a({3}, {1, 2, 3});
  Tensor<float, 1> b = a;
  b(0) = 10;
  CHECK(tensor_values(a) == std::vector<float>{1, 2, 3});

  Tensor<float, 1> c = std::move(b);
  CHECK(tensor_values(c) == std::vector<float>{10, 2, 3});
  CHECK(b.size() == 0);  // NOLINT(bugprone-use-after-move): what the class promises
  b = a;
  CHECK(tensor_values(b) == std::vector<float>{1, 2, 3});

  std::swap(b, c);
  CHECK(tensor_values(b) == std::vector<float>{10, 2, 3});
  CHECK(tensor_values(c) == std::vector<float>{1, 2, 3});

  auto& self = b;
  b = self;
  CHECK(tensor_values(b) == std::vector<float>{10, 2, 3});
  b = std::move(self);
  CHECK(tensor_values(b) == std::vector<float>{10, 2, 3});

  c = std::move(b);
  CHECK(tensor_values(c) == std::vector<float>{10, 2, 3});
  CHECK(b.size() == 0);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("A warm Tensor is resized without allocating", "[core][tensor][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  Tensor<float, 2> tensor({30, 20});
  const Tensor<float, 2> other({10, 60});
  const auto* const before = tensor.data();
  const long count = rapt_test::allocation_count();
  tensor.resize({3, 5});
  tensor.resize({0, 7});
  tensor = other;
  tensor.resize({600, 1});
  CHECK(rapt_test::allocation_count() == count);
  CHECK(tensor.data() == before);
}

TEST_CASE("A Tensor refuses shapes that make no sense and keeps what it had", "[core][tensor][errors]") {
  const Index big = Index{1} << 32;
  Tensor<double, 2> tensor({1, 2}, {3, 4});
  CHECK_THROWS_AS(tensor.resize({big, big}), std::overflow_error);
  CHECK_THROWS_AS(tensor.resize({0, -1}), std::invalid_argument);
  CHECK_THROWS_AS(tensor.resize({big, big / 8}),
                  std::overflow_error);  // the elements fit and the bytes do not
  CHECK_THROWS_AS((Tensor<double, 3>({big, big, 0})), std::overflow_error);
  CHECK(tensor_values(tensor) == std::vector<double>{3, 4});
  CHECK(tensor.shape() == rapt::Shape<2>{1, 2});
}

TEST_CASE("copy_from takes views and parts of itself and strided blocks", "[core][tensor]") {
  Tensor<double, 2> tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  Tensor<double, 2> column;
  column.copy_from(tensor.matrix().rightCols(1));
  CHECK(column.shape() == rapt::Shape<2>{3, 1});
  CHECK(tensor_values(column) == std::vector<double>{2, 4, 6});
  tensor.copy_from(tensor.view().slice(1, 3));
  CHECK(tensor.shape() == rapt::Shape<2>{2, 2});
  CHECK(tensor_values(tensor) == std::vector<double>{3, 4, 5, 6});
}

namespace {

// Which of the five views an expression of type T gives.
template <class T>
constexpr int tensor_views() {
  constexpr bool view = requires(T(&make)()) { make().view(); };
  constexpr bool rows = requires(T(&make)()) { make().rows(); };
  constexpr bool sample = requires(T(&make)()) { make()[0]; };
  constexpr bool matrix = requires(T(&make)()) { make().matrix(); };
  constexpr bool array = requires(T(&make)()) { make().array(); };
  return 1 * view + 2 * rows + 4 * sample + 8 * matrix + 16 * array;
}

}  // namespace

TEST_CASE("A temporary Tensor gives no view", "[core][tensor]") {
  static_assert(tensor_views<Tensor<float, 2>>() == 0);
  static_assert(tensor_views<const Tensor<float, 2>>() == 0);
  static_assert(tensor_views<Tensor<float, 2>&&>() == 0);
  static_assert(tensor_views<Tensor<float, 2>&>() == 31);
  static_assert(tensor_views<const Tensor<float, 2>&>() == 31);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<const Tensor<float, 2>&>().matrix()),
                                rapt::MatrixMap<const float>>);
}
