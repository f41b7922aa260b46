#pragma once
/// \file  Walking the parameters of a layer, or of several layers of one type side by side.

#include <rapt/core/tensor.hpp>
#include <rapt/core/touched_rows.hpp>

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace rapt {

/// One entry of a layer's `parameters`, `buffers` or `settings`: a name and the member that bears it.
template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};
/// An entry, its types deduced: `field("weight", &Linear::weight)`.
template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::*member) {
  return {name, member};
}

namespace detail {

template <class>
inline constexpr bool is_tensor = false;
template <class T, std::size_t R>
inline constexpr bool is_tensor<Tensor<T, R>> = true;
template <class>
inline constexpr bool is_tuple = false;
template <class... Ts>
inline constexpr bool is_tuple<std::tuple<Ts...>> = true;
template <class>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = true;

template <class Node>
concept HasBuffers = requires {
  Node::buffers;
};
template <class Node>
concept HasSettings = requires {
  Node::settings;
};
template <class Node>
concept RowTable = requires(Node& node) {
  { node.touched } -> std::convertible_to<const TouchedRows&>;
};

struct Anonymous {  // names cost allocations; the hot path walks without them
  Anonymous operator/(std::string_view) const { return {}; }
  Anonymous operator/(std::size_t) const { return {}; }
};
struct Path {
  std::string text;
  Path operator/(std::string_view name) const {
    if (name.empty()) return *this;
    return {text.empty() ? std::string(name) : text + "." + std::string(name)};
  }
  Path operator/(std::size_t position) const { return *this / std::string_view(std::to_string(position)); }
};

enum class Walk { parameters, buffers };

// First and rest are values of one layer type (or of types that differ in the scalar only), walked in step.
template <Walk what, class P, class F, class First, class... Rest>
void walk(const P& path, F& f, First& first, Rest&... rest);

template <Walk what, std::size_t I, class P, class F, class First, class... Rest>
void walk_tuple(const P& path, F& f, First& first, Rest&... rest) {
  if constexpr (I < std::tuple_size_v<std::remove_const_t<First>>) {
    walk<what>(path / I, f, std::get<I>(first), std::get<I>(rest)...);
    walk_tuple<what, I + 1>(path, f, first, rest...);
  }
}

template <Walk what, std::size_t I, class P, class F, class First, class... Rest>
void walk_parameters(const P& path, F& f, First& first, Rest&... rest) {
  using Node = std::remove_const_t<First>;
  if constexpr (I < std::tuple_size_v<decltype(Node::parameters)>) {
    constexpr auto entry = std::get<I>(Node::parameters);
    walk<what>(path / entry.name, f, first.*entry.member, rest.*std::get<I>(Rest::parameters).member...);
    walk_parameters<what, I + 1>(path, f, first, rest...);
  }
}

template <std::size_t I, class P, class F, class First, class... Rest>
void walk_buffers(const P& path, F& f, First& first, Rest&... rest) {
  using Node = std::remove_const_t<First>;
  if constexpr (I < std::tuple_size_v<decltype(Node::buffers)>) {
    constexpr auto entry = std::get<I>(Node::buffers);
    walk<Walk::parameters>(path / entry.name, f, first.*entry.member,
                           rest.*std::get<I>(Rest::buffers).member...);
    walk_buffers<I + 1>(path, f, first, rest...);
  }
}

template <Walk what, class P, class F, class First, class... Rest>
void walk(const P& path, F& f, First& first, Rest&... rest) {
  using Node = std::remove_const_t<First>;
  if constexpr (is_tensor<Node>) {
    if constexpr (what == Walk::parameters) f(path, first, rest...);
  } else if constexpr (is_tuple<Node>) {
    walk_tuple<what, 0>(path, f, first, rest...);
  } else if constexpr (is_vector<Node>) {
    if (!((rest.size() == first.size()) && ...)) {
      throw std::invalid_argument("rapt: models walked side by side have different depths");
    }
    for (std::size_t i = 0; i < first.size(); ++i) walk<what>(path / i, f, first[i], rest[i]...);
  } else {
    if constexpr (what == Walk::parameters && RowTable<First> && requires { f.row_table(first, rest...); }) {
      f.row_table(first, rest...);
    } else {
      walk_parameters<what, 0>(path, f, first, rest...);
    }
    if constexpr (what == Walk::buffers && HasBuffers<Node>) walk_buffers<0>(path, f, first, rest...);
  }
}

// Optimisers and averages read and write through the shape of the first: none may be shorter.
template <class First, class... Rest>
void expect_alike(First& first, Rest&... rest) {
  bool alike = true;
  auto compare = [&](const Anonymous&, auto& a, auto&... b) {
    alike = alike && ((b.shape() == a.shape()) && ...);
  };
  walk<Walk::parameters>(Anonymous{}, compare, first, rest...);
  if (alike) return;
  auto name = [](const Path& path, auto& a, auto&... b) {
    (expect_shape("zip_parameters", path.text, b.shape(), a.shape()), ...);
  };
  walk<Walk::parameters>(Path{}, name, first, rest...);
}

template <class F, class G>
struct RowVisitor {  // f for plain tensors, g for the owners of row tables
  F& f;
  G& g;
  template <class P>
  void operator()(const P&, auto&... tensors) {
    f(tensors...);
  }
  void row_table(auto&... owners) { g(owners...); }
};

}  // namespace detail

/// Calls f(a, b, ...) with the matching parameters of layers of one type, in declaration order; does not
/// allocate.
/// \throws ShapeError where two of one name differ in shape, std::invalid_argument where run-time vectors of
///         blocks differ in length; both before the first call
template <class F, class... Layers>
void zip_parameters(F&& f, Layers&... layers) {
  if constexpr (sizeof...(Layers) > 1) detail::expect_alike(layers...);
  auto unnamed = [&](const detail::Anonymous&, auto&... tensors) { f(tensors...); };
  detail::walk<detail::Walk::parameters>(detail::Anonymous{}, unnamed, layers...);
}

/// The same, but hands row tables (layers with a member `touched`) as a whole to `g`: what lazy optimisers
/// need.
template <class F, class G, class... Layers>
void zip_parameters_and_row_tables(F&& f, G&& g, Layers&... layers) {
  if constexpr (sizeof...(Layers) > 1) detail::expect_alike(layers...);
  detail::RowVisitor<std::remove_reference_t<F>, std::remove_reference_t<G>> visitor{f, g};
  detail::walk<detail::Walk::parameters>(detail::Anonymous{}, visitor, layers...);
}

/// Calls f("query.weight", tensor) for every parameter, in declaration order. Names are PyTorch's.
template <class F, class L>
void named_parameters(F&& f, L& layer) {
  auto named = [&](const detail::Path& path, auto& tensor) { f(std::string_view(path.text), tensor); };
  detail::walk<detail::Walk::parameters>(detail::Path{}, named, layer);
}

/// Calls f("running_mean", tensor) for every buffer: state that is saved but not trained.
template <class F, class L>
void named_buffers(F&& f, L& layer) {
  auto named = [&](const detail::Path& path, auto& tensor) { f(std::string_view(path.text), tensor); };
  detail::walk<detail::Walk::buffers>(detail::Path{}, named, layer);
}

/// Every parameter becomes 0. With Rows::touched, row tables are cleared only where their list says.
template <class L>
void set_zero(L& layer, Rows rows = Rows::all) {
  zip_parameters_and_row_tables([](auto& p) { p.fill(0); },
                                [&](auto& table) {
                                  zip_parameters(
                                      [&](auto& p) {
                                        if (rows == Rows::all) {
                                          p.fill(0);
                                        } else {
                                          for (const Index row : table.touched.rows()) {
                                            for (auto& x : p.view().slice(row, row + 1)) x = 0;
                                          }
                                        }
                                      },
                                      table);
                                  table.touched.clear();
                                },
                                layer);
}

/// A layer of the same shape with every parameter 0: what gradients and moments start as.
template <class L>
L zeros_like(L layer) {
  set_zero(layer);
  return layer;
}

/// Number of trained numbers.
template <class L>
Index parameter_count(const L& layer) {
  Index count = 0;
  zip_parameters([&](const auto& p) { count += p.size(); }, layer);
  return count;
}

}  // namespace rapt
