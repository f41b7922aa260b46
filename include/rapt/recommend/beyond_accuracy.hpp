#pragma once
/// \file  What recommended lists are like, whoever is right: coverage, concentration, novelty, diversity.

#include <rapt/core/parallel.hpp>
#include <rapt/recommend/interactions.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// Figures of the recommended lists of many users, with popularity and similarity as the training
/// interactions have them.
struct BeyondAccuracy {
  /// Share of the catalogue that stands in at least one list.
  double coverage = 0;
  /// Gini index of how often the items of the catalogue are recommended: 0 all alike, near 1 a few alone.
  double gini = 0;
  /// Mean over users of the mean over the list of `-log2(n_i / U)`, n_i the users of item i: the surprise, in
  /// bits, of meeting it with a random user (Zhou et al. 2010, doi:10.1073/pnas.1000488107). An item without
  /// users counts as one with one.
  double novelty = 0;
  /// Mean over users of the mean over the pairs of the list of `1 - cosine` of the two items' users
  /// (intra-list diversity, Smyth and McClave 2001); lists of one item are left out.
  double diversity = 0;
  /// Mean over users of the share of the list that is not among the most popular items that make up 80 % of
  /// the interactions.
  double tail = 0;
  /// Mean over users of how far the list is from the profile in its shares of popular, middling and rare
  /// items (20, 60 and 20 % of the interactions): Jensen-Shannon divergence in bits, 0 the same, 1 nothing in
  /// common (after Abdollahpouri et al. 2021, doi:10.1145/3450613.3456821; 0 is calibrated, Steck 2018).
  double miscalibration = 0;

  struct Named {
    std::string_view name;
    double BeyondAccuracy::*value;
  };
  static constexpr std::array<Named, 6> all();
};

constexpr std::array<BeyondAccuracy::Named, 6> BeyondAccuracy::all() {
  return {{{"coverage", &BeyondAccuracy::coverage},
           {"Gini", &BeyondAccuracy::gini},
           {"novelty", &BeyondAccuracy::novelty},
           {"diversity", &BeyondAccuracy::diversity},
           {"tail", &BeyondAccuracy::tail},
           {"miscalibration", &BeyondAccuracy::miscalibration}}};
}

namespace detail {

enum class Popularity { popular, middling, rare };

/// The most popular items that make up 20 % of the interactions are popular, the next up to 80 % middling;
/// among equals the lower id is the more popular.
inline std::vector<Popularity> popularity_groups(const Interactions& train) {
  std::vector<Index> order(static_cast<std::size_t>(train.items()));
  std::iota(order.begin(), order.end(), Index{0});
  const auto count = [&](Index item) { return static_cast<Index>(train.users_of(item).size()); };
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return count(a) != count(b) ? count(a) > count(b) : a < b; });
  std::vector<Popularity> groups(order.size());
  Index before = 0;  // interactions of the more popular items
  for (const Index item : order) {
    const Index fifths = 5 * before;
    groups[static_cast<std::size_t>(item)] = fifths < train.size()       ? Popularity::popular
                                             : fifths < 4 * train.size() ? Popularity::middling
                                                                         : Popularity::rare;
    before += count(item);
  }
  return groups;
}

using GroupShares = std::array<double, 3>;

inline GroupShares group_shares(std::span<const Index> items, const std::vector<Popularity>& groups) {
  GroupShares shares{};
  for (const Index item : items) {
    shares[static_cast<std::size_t>(groups[static_cast<std::size_t>(item)])] +=
        1 / static_cast<double>(items.size());
  }
  return shares;
}

inline double jensen_shannon(const GroupShares& p, const GroupShares& q) {
  double sum = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double middle = (p[k] + q[k]) / 2;
    if (p[k] > 0) sum += p[k] * std::log2(p[k] / middle) / 2;
    if (q[k] > 0) sum += q[k] * std::log2(q[k] / middle) / 2;
  }
  return sum;
}

/// Mean of 1 - cosine over the pairs of a list; both rows ascend.
inline double list_diversity(std::span<const Index> list, const Interactions& train) {
  double sum = 0;
  for (std::size_t a = 0; a < list.size(); ++a) {
    const auto first = train.users_of(list[a]);
    for (std::size_t b = a + 1; b < list.size(); ++b) {
      const auto second = train.users_of(list[b]);
      Index both = 0;
      for (auto x = first.begin(), y = second.begin(); x != first.end() && y != second.end();) {
        both += *x == *y;
        const bool step_x = *x <= *y, step_y = *y <= *x;
        x += step_x;
        y += step_y;
      }
      const double norm = std::sqrt(static_cast<double>(first.size()) * static_cast<double>(second.size()));
      sum += 1 - (both == 0 ? 0.0 : static_cast<double>(both) / norm);
    }
  }
  return 2 * sum / static_cast<double>(list.size() * (list.size() - 1));
}

/// Gini index of non-negative counts; 0 where all are 0.
inline double gini_index(std::vector<double> counts) {
  std::sort(counts.begin(), counts.end());
  const auto n = static_cast<double>(counts.size());
  double weighted = 0, sum = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    weighted += (2 * static_cast<double>(k + 1) - n - 1) * counts[k];
    sum += counts[k];
  }
  return sum == 0 ? 0 : weighted / (n * sum);
}

}  // namespace detail

/// Figures of the first n places of the lists.
/// \param lists  the recommended items of each of `users`, best first; empty ones are left out of the means
/// \param users  whose profiles in `train` the lists belong to, parallel to `lists`
/// \cost  for each list n^2 / 2 intersections of two items' users; the same bits at any number of threads
/// \throws std::invalid_argument where the two are not of one length or n is below 1; std::out_of_range for
/// an
///         unknown user or item
inline BeyondAccuracy beyond_accuracy(const std::vector<std::vector<Index>>& lists,
                                      const std::vector<Index>& users, const Interactions& train, Index n) {
  if (lists.size() != users.size() || n < 1) {
    throw std::invalid_argument("beyond_accuracy: " + std::to_string(lists.size()) + " lists for " +
                                std::to_string(users.size()) + " users, n is " + std::to_string(n) +
                                "; expected one list a user and n >= 1");
  }
  for (const Index user : users) expect_id("beyond_accuracy", "user", user, train.users());
  for (const auto& list : lists) {
    for (const Index item : list) expect_id("beyond_accuracy", "item", item, train.items());
  }
  const auto groups = detail::popularity_groups(train);
  std::vector<BeyondAccuracy> each(lists.size());
  const auto first = [&](std::size_t k) {
    return std::span(lists[k]).first(std::min(lists[k].size(), static_cast<std::size_t>(n)));
  };
  const Index cost = n * n * (train.size() / std::max<Index>(train.items(), 1) + 1);
  parallel_for_range(static_cast<Index>(lists.size()), 8, cost, [&](Index from, Index to) {
    for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
      const auto list = first(k);
      if (list.empty()) continue;
      for (const Index item : list) {
        const auto count = static_cast<double>(std::max<std::size_t>(train.users_of(item).size(), 1));
        each[k].novelty -= std::log2(count / static_cast<double>(train.users()));
        each[k].tail += groups[static_cast<std::size_t>(item)] == detail::Popularity::rare;
      }
      each[k].novelty /= static_cast<double>(list.size());
      each[k].tail /= static_cast<double>(list.size());
      if (list.size() > 1) each[k].diversity = detail::list_diversity(list, train);
      each[k].miscalibration = detail::jensen_shannon(detail::group_shares(list, groups),
                                                      detail::group_shares(train.items_of(users[k]), groups));
    }
  });
  BeyondAccuracy result;
  std::vector<double> counts(static_cast<std::size_t>(train.items()), 0.0);
  double filled = 0, with_pairs = 0, with_profile = 0;
  for (std::size_t k = 0; k < lists.size(); ++k) {
    const auto list = first(k);
    for (const Index item : list) counts[static_cast<std::size_t>(item)] += 1;
    if (list.empty()) continue;
    filled += 1;
    with_pairs += list.size() > 1;
    result.novelty += each[k].novelty;
    result.tail += each[k].tail;
    result.diversity += each[k].diversity;
    if (train.items_of(users[k]).empty()) continue;
    with_profile += 1;
    result.miscalibration += each[k].miscalibration;
  }
  const auto mean = [](double& sum, double of) { sum = of == 0 ? 0 : sum / of; };
  mean(result.novelty, filled);
  mean(result.tail, filled);
  mean(result.diversity, with_pairs);
  mean(result.miscalibration, with_profile);
  for (const double count : counts) result.coverage += count > 0;
  mean(result.coverage, static_cast<double>(train.items()));
  result.gini = detail::gini_index(std::move(counts));
  return result;
}

}  // namespace rapt
