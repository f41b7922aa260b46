#pragma once
/// \file  What all optimisers share: one walk over model, gradient and state, dense or by touched rows.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/parameters.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt::detail {

// Elements of one chunk, and operations an element: an update is bound by memory.
inline constexpr Index update_grain = 1 << 14;
inline constexpr Index update_operations = 8;

/// Numbers of one row of a row table.
template <class Table>
Index row_size(const Table& table) {
  return table.extent(0) == 0 ? 0 : table.size() / table.extent(0);
}

/// update(n, w, g, s...) for every parameter, or for every touched row of a row table.
/// \throws ShapeError where the shapes differ, before the first write
template <class Update, class Model, class... State>
void update_parameters(Rows rows, const Update& update, Model& model, const Model& gradient,
                       State&... state) {
  const auto dense = [&](auto& w, const auto& g, auto&... s) {
    update(w.size(), w.data(), g.data(), s.data()...);
  };
  const auto table = [&](auto& w_table, const auto& g_table, auto&... s_tables) {
    if (rows == Rows::all) return zip_parameters(dense, w_table, g_table, s_tables...);
    zip_parameters(
        [&](auto& w, const auto& g, auto&... s) {
          const Index width = row_size(w);
          for (const Index row : g_table.touched.rows()) {
            const Index at = row * width;
            update(width, w.data() + at, g.data() + at, s.data() + at...);
          }
        },
        w_table, g_table, s_tables...);
  };
  zip_parameters_and_row_tables(dense, table, model, gradient, state...);
}

/// \throws std::invalid_argument `Adam: beta1 is 1, expected at least 0 and below 1`
inline void expect_option(bool holds, std::string_view where, std::string_view name, double value,
                          std::string_view expected) {
  if (holds) return;
  throw std::invalid_argument(std::string(where) + ": " + std::string(name) + " is " + number_text(value) +
                              ", expected " + std::string(expected));
}

}  // namespace rapt::detail
