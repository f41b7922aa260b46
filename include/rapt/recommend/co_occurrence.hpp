#pragma once
/// \file  How often two items are had by one user.

#include <rapt/recommend/interactions.hpp>

#include <algorithm>
#include <concepts>
#include <span>
#include <type_traits>

namespace rapt {

/// Row `item` of the matrix G_ij = sum over users u that have both i and j of w_u.
/// \param user_weights  w, one a user; empty for 1
/// \param row           receives one number an item
/// \cost    the number of interactions of the item's users
template <std::floating_point T = double>
void co_occurrence_row(const Interactions& x, std::span<const double> user_weights, Index item,
                       std::span<std::type_identity_t<T>> row) {
  std::fill(row.begin(), row.end(), T(0));
  for (const Index user : x.users_of(item)) {
    const double weight = user_weights.empty() ? 1.0 : user_weights[static_cast<std::size_t>(user)];
    for (const Index other : x.items_of(user)) row[static_cast<std::size_t>(other)] += static_cast<T>(weight);
  }
}

/// About how many operations a row costs on average: what parallel_for wants to know.
inline Index co_occurrence_cost(const Interactions& x) {
  double sum = 0;
  for (Index user = 0; user < x.users(); ++user) {
    const auto n = static_cast<double>(x.items_of(user).size());
    sum += n * n;
  }
  return static_cast<Index>(sum / static_cast<double>(std::max<Index>(x.items(), 1))) + x.items();
}

}  // namespace rapt
