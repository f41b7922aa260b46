#pragma once
/// \file  Who had to do with what: a sparse 0/1 matrix of users and items.

#include <rapt/core/checked.hpp>
#include <rapt/recommend/item_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace rapt {

/// One observed pair.
struct Interaction {
  Index user = 0;
  Index item = 0;
  double rating = 1;
  std::int64_t time = 0;
  bool operator==(const Interaction&) const = default;
};

/// What was given besides user and item.
struct InteractionFields {
  bool rating = false;
  bool time = false;
  bool operator==(const InteractionFields&) const = default;
};

/// Users x items matrix of 0 and 1, by user and by item, ids ascending in each row; ratings and times beside
/// it where they were given. Of a pair that occurs more than once the last one counts.
/// \cost memory follows the pairs, never users x items
class Interactions {
 public:
  Interactions() = default;
  /// \throws std::out_of_range where an id is not in [0, users) or [0, items); std::invalid_argument where
  ///         users or items are negative
  Interactions(Index users, Index items, std::span<const Interaction> pairs, InteractionFields fields = {})
      : users_(users), items_(items), fields_(fields) {
    if (users < 0 || items < 0) {
      throw std::invalid_argument("Interactions: " + std::to_string(users) + " users and " +
                                  std::to_string(items) + " items, expected none below 0");
    }
    for (const auto& pair : pairs) {
      expect_id("Interactions", "user", pair.user, users);
      expect_id("Interactions", "item", pair.item, items);
    }
    build_rows(pairs);
    build_columns();
  }

  Index users() const { return users_; }
  Index items() const { return items_; }
  /// Number of pairs.
  Index size() const { return static_cast<Index>(items_of_user_.size()); }
  InteractionFields fields() const { return fields_; }
  /// How many pairs were given more than once and merged.
  Index merged() const { return merged_; }

  /// Items of each user, ascending. \borrows this
  ItemRows by_user() const { return {user_offsets_, items_of_user_}; }
  /// Users of each item, ascending. \borrows this
  ItemRows by_item() const { return {item_offsets_, users_of_item_}; }
  std::span<const Index> items_of(Index user) const { return by_user()[user]; }
  std::span<const Index> users_of(Index item) const { return by_item()[item]; }
  /// Parallel to items_of(user); empty where no ratings were given.
  std::span<const double> ratings_of(Index user) const { return row_of(ratings_, user); }
  /// Parallel to items_of(user); empty where no times were given.
  std::span<const std::int64_t> times_of(Index user) const { return row_of(times_, user); }
  /// Place of each pair in the order in which pairs were given; parallel to items_of(user).
  std::span<const Index> order_of(Index user) const { return row_of(order_, user); }

  bool contains(Index user, Index item) const {
    const auto row = items_of(user);
    return std::binary_search(row.begin(), row.end(), item);
  }

  /// All pairs in the order in which they were given.
  std::vector<Interaction> pairs() const {
    std::vector<Interaction> all(items_of_user_.size());
    std::vector<std::size_t> places(all.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::vector<Index> user_at(all.size());
    for (Index u = 0; u < users_; ++u) {
      std::fill(user_at.begin() + user_offsets_[static_cast<std::size_t>(u)],
                user_at.begin() + user_offsets_[static_cast<std::size_t>(u) + 1], u);
    }
    std::sort(places.begin(), places.end(),
              [&](std::size_t a, std::size_t b) { return order_[a] < order_[b]; });
    for (std::size_t k = 0; k < all.size(); ++k) {
      const std::size_t at = places[k];
      all[k] = {user_at[at], items_of_user_[at], fields_.rating ? ratings_[at] : 1.0,
                fields_.time ? times_[at] : 0};
    }
    return all;
  }

 private:
  template <class T>
  std::span<const T> row_of(const std::vector<T>& values, Index user) const {
    if (values.empty()) return {};
    const auto u = static_cast<std::size_t>(user);
    return std::span(values).subspan(static_cast<std::size_t>(user_offsets_[u]),
                                     static_cast<std::size_t>(user_offsets_[u + 1] - user_offsets_[u]));
  }

  void build_rows(std::span<const Interaction> pairs) {
    std::vector<Index> order(pairs.size());
    std::iota(order.begin(), order.end(), Index{0});
    const auto at = [&](Index k) -> const Interaction& { return pairs[static_cast<std::size_t>(k)]; };
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
      if (at(a).user != at(b).user) return at(a).user < at(b).user;
      return at(a).item != at(b).item ? at(a).item < at(b).item : a < b;
    });
    user_offsets_.assign(static_cast<std::size_t>(users_) + 1, 0);
    items_of_user_.reserve(order.size());
    order_.reserve(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      const Interaction& pair = at(order[k]);
      // Within equal pairs the order is that of the input: the last one stays.
      if (k + 1 < order.size() && at(order[k + 1]).user == pair.user && at(order[k + 1]).item == pair.item) {
        ++merged_;
        continue;
      }
      items_of_user_.push_back(pair.item);
      order_.push_back(order[k]);
      if (fields_.rating) ratings_.push_back(pair.rating);
      if (fields_.time) times_.push_back(pair.time);
      ++user_offsets_[static_cast<std::size_t>(pair.user) + 1];
    }
    std::partial_sum(user_offsets_.begin(), user_offsets_.end(), user_offsets_.begin());
  }

  void build_columns() {
    item_offsets_.assign(static_cast<std::size_t>(items_) + 1, 0);
    for (const Index item : items_of_user_) ++item_offsets_[static_cast<std::size_t>(item) + 1];
    std::partial_sum(item_offsets_.begin(), item_offsets_.end(), item_offsets_.begin());
    users_of_item_.resize(items_of_user_.size());
    auto next = item_offsets_;
    for (Index user = 0; user < users_; ++user) {
      for (const Index item : items_of(user)) {
        users_of_item_[static_cast<std::size_t>(next[static_cast<std::size_t>(item)]++)] = user;
      }
    }
  }

  Index users_ = 0, items_ = 0, merged_ = 0;
  InteractionFields fields_;
  std::vector<Index> user_offsets_{0}, items_of_user_, order_;
  std::vector<Index> item_offsets_{0}, users_of_item_;
  std::vector<double> ratings_;
  std::vector<std::int64_t> times_;
};

/// The pairs of both, `b` after `a`. \throws std::invalid_argument where the numbers of users or items differ
inline Interactions merge(const Interactions& a, const Interactions& b) {
  if (a.users() != b.users() || a.items() != b.items()) {
    throw std::invalid_argument("merge: " + std::to_string(a.users()) + " users and " +
                                std::to_string(a.items()) + " items against " + std::to_string(b.users()) +
                                " and " + std::to_string(b.items()));
  }
  auto pairs = a.pairs();
  const auto more = b.pairs();
  pairs.insert(pairs.end(), more.begin(), more.end());
  const InteractionFields fields{a.fields().rating && b.fields().rating, a.fields().time && b.fields().time};
  return {a.users(), a.items(), pairs, fields};
}

}  // namespace rapt
