#pragma once
/// \file  Names of users and items, mapped densely to 0 ... n - 1.

#include <rapt/core/checked.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rapt {

/// Two-way map between ids as they stand in files (any bytes, compared exactly: `7` and `007` differ) and
/// dense numbers.
class IdMap {
 public:
  IdMap() = default;
  /// Name k gets number k. \throws std::invalid_argument where a name occurs twice
  explicit IdMap(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      if (intern(name) != size() - 1)
        throw std::invalid_argument("IdMap: the name '" + name + "' occurs twice");
    }
  }

  Index size() const { return static_cast<Index>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }

  /// \throws std::out_of_range
  const std::string& name(Index id) const {
    expect_id("IdMap::name", "id", id, size());
    return names_[static_cast<std::size_t>(id)];
  }

  std::optional<Index> find(std::string_view name) const {
    const auto at = numbers_.find(name);
    return at == numbers_.end() ? std::nullopt : std::optional(at->second);
  }

  /// The number of a name; a new name gets the next free number.
  Index intern(std::string_view name) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    const Index id = size();
    numbers_.emplace(name, id);
    names_.emplace_back(name);
    return id;
  }

  /// Orders the names by their value where every one is a non-negative integer without leading zeros, of any
  /// length; gaps are closed, so memory follows the data and not the largest id. Otherwise nothing changes:
  /// first appearance. \return new number of each old one
  std::vector<Index> sort_if_numeric() {
    std::vector<Index> order(names_.size());
    std::iota(order.begin(), order.end(), Index{0});
    if (!std::all_of(names_.begin(), names_.end(), is_canonical_number)) return order;
    const auto at = [this](Index id) -> const std::string& { return names_[static_cast<std::size_t>(id)]; };
    // A longer canonical number is larger, so no number is ever converted and none can overflow.
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
      return at(a).size() != at(b).size() ? at(a).size() < at(b).size() : at(a) < at(b);
    });
    std::vector<Index> new_number(order.size());
    std::vector<std::string> sorted(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      new_number[static_cast<std::size_t>(order[k])] = static_cast<Index>(k);
      sorted[k] = at(order[k]);
    }
    names_ = std::move(sorted);
    for (auto& [name, number] : numbers_) number = new_number[static_cast<std::size_t>(number)];
    return new_number;
  }

 private:
  static bool is_canonical_number(const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos &&
           (name.size() == 1 || name.front() != '0');
  }

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<std::string> names_;
  std::unordered_map<std::string, Index, Hash, std::equal_to<>> numbers_;  // looked up, never walked in order
};

}  // namespace rapt
