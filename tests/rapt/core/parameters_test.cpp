#include <rapt/core/parameters.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using rapt::field;
using rapt::Index;
using rapt::Tensor;

namespace {

// A tree with all that the walk knows: tensors, tuples, run-time vectors, nested nodes, buffers, a row table.
struct ParametersLeaf {
  Tensor<double, 2> weight;
  Tensor<double, 1> mean;
  static constexpr auto parameters = std::tuple{field("weight", &ParametersLeaf::weight)};
  static constexpr auto buffers = std::tuple{field("mean", &ParametersLeaf::mean)};
  explicit ParametersLeaf(Index n = 1) : weight({n, 2}), mean({n}) {}
};
struct ParametersTable {
  Tensor<double, 2> weight;
  rapt::TouchedRows touched;
  static constexpr auto parameters = std::tuple{field("weight", &ParametersTable::weight)};
  ParametersTable() : weight({4, 2}) {}
};
struct ParametersTree {
  ParametersTable table;
  std::tuple<ParametersLeaf, Tensor<double, 1>> pair{ParametersLeaf(3), Tensor<double, 1>({5})};
  std::vector<ParametersLeaf> blocks{ParametersLeaf(1), ParametersLeaf(2)};
  std::vector<Tensor<double, 1>> list{Tensor<double, 1>({7})};
  std::vector<Tensor<double, 1>> averages{Tensor<double, 1>({1}), Tensor<double, 1>({1})};
  static constexpr auto parameters =
      std::tuple{field("table", &ParametersTree::table), field("pair", &ParametersTree::pair),
                 field("", &ParametersTree::blocks), field("list", &ParametersTree::list)};
  static constexpr auto buffers = std::tuple{field("averages", &ParametersTree::averages)};
};

std::vector<std::string> parameter_names(const ParametersTree& tree) {
  std::vector<std::string> names;
  rapt::named_parameters([&](std::string_view name, const auto&) { names.emplace_back(name); }, tree);
  return names;
}

}  // namespace

TEST_CASE("named_parameters walks tuples and vectors and nested layers in declaration order",
          "[core][parameters]") {
  const ParametersTree tree;
  CHECK(parameter_names(tree) == std::vector<std::string>{"table.weight", "pair.0.weight", "pair.1",
                                                          "0.weight", "1.weight", "list.0"});
  CHECK(rapt::parameter_count(tree) == 8 + 6 + 5 + 2 + 4 + 7);
}

TEST_CASE("named_buffers finds buffers at every depth and no parameter", "[core][parameters]") {
  ParametersTree tree;
  std::vector<std::string> names;
  rapt::named_buffers([&](std::string_view name, auto&) { names.emplace_back(name); }, tree);
  CHECK(names == std::vector<std::string>{"pair.0.mean", "0.mean", "1.mean", "averages.0", "averages.1"});
}

TEST_CASE("zip_parameters walks several models in step and allocates nothing",
          "[core][parameters][allocation]") {
  ParametersTree a, b;
  rapt::zip_parameters([](auto& p) { p.fill(2); }, a);
  const long before = rapt_test::allocation_count();
  rapt::zip_parameters([](auto& p, const auto& q) { p.array() += 3 * q.array() + 1; }, b, std::as_const(a));
  CHECK(rapt_test::allocation_count() == before);
  Index sevens = 0;
  rapt::zip_parameters([&](const auto& p) { sevens += (p.array() == 7).count(); }, b);
  CHECK(sevens == rapt::parameter_count(b));
}

TEST_CASE("zip_parameters refuses models of other shapes before the first call",
          "[core][parameters][errors]") {
  ParametersTree a, b;
  b.blocks[1] = ParametersLeaf(3);
  int calls = 0;
  std::string message;
  try {
    rapt::zip_parameters([&](auto&, auto&) { ++calls; }, a, b);
  } catch (const rapt::ShapeError& error) {
    message = error.what();
  }
  CHECK(message == "zip_parameters: 1.weight has shape (3, 2), expected (2, 2)");
  b.blocks.pop_back();
  const auto depths = Catch::Matchers::Message("rapt: models walked side by side have different depths");
  const auto count = [&](auto&, auto&) { ++calls; };
  CHECK_THROWS_MATCHES(rapt::zip_parameters(count, a, b), std::invalid_argument, depths);
  CHECK_THROWS_MATCHES(rapt::zip_parameters_and_row_tables(count, count, a, b), std::invalid_argument,
                       depths);
  CHECK(calls == 0);
}

TEST_CASE("zip_parameters_and_row_tables hands over the table as a whole", "[core][parameters]") {
  ParametersTree tree;
  int plain = 0, tables = 0;
  rapt::zip_parameters_and_row_tables(
      [&](auto&) { ++plain; }, [&](auto& table) { tables += table.weight.extent(0) == 4 ? 1 : 0; }, tree);
  CHECK(plain == 5);
  CHECK(tables == 1);
}

TEST_CASE("set_zero clears all rows or the touched ones only", "[core][parameters]") {
  ParametersTree tree;
  rapt::zip_parameters([](auto& p) { p.fill(1); }, tree);
  tree.table.touched.mark(2, 4);
  rapt::set_zero(tree, rapt::Rows::touched);
  CHECK(tree.table.weight.array().sum() == 6);
  CHECK((tree.table.weight(2, 0) == 0 && tree.table.weight(2, 1) == 0));
  CHECK(tree.table.touched.rows().empty());
  CHECK(tree.blocks[1].weight.array().sum() == 0);
  tree.table.touched.mark(1, 4);
  rapt::set_zero(tree);
  CHECK(tree.table.weight.array().sum() == 0);
  CHECK(tree.table.touched.rows().empty());
}

TEST_CASE("zeros_like keeps shapes and buffers", "[core][parameters]") {
  ParametersLeaf leaf(3);
  leaf.weight.fill(4);
  leaf.mean.fill(5);
  const auto zero = rapt::zeros_like(leaf);
  CHECK(zero.weight.shape() == leaf.weight.shape());
  CHECK(zero.weight.array().abs().sum() == 0);
  CHECK(zero.mean(2) == 5);
  CHECK(leaf.weight(0, 0) == 4);
}
