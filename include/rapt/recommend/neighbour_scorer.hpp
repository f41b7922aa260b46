#pragma once
/// \file  Scores of a sparse item-to-item model.

#include <rapt/core/parallel.hpp>
#include <rapt/recommend/scorer.hpp>

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rapt {

/// An item and how much another one says for it.
struct Neighbour {
  Index item;
  float similarity;
};

namespace detail {

/// Cuts a list to its k best, the lower id first among equals; those that stay are in no particular order.
inline void keep_best(std::vector<Neighbour>& list, Index k) {
  if (static_cast<Index>(list.size()) <= k) return;
  const auto better = [](const Neighbour& a, const Neighbour& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.item < b.item;
  };
  std::nth_element(list.begin(), list.begin() + k, list.end(), better);
  list.resize(static_cast<std::size_t>(k));
}

}  // namespace detail

/// Scores item j by the sum of S_ij over the items i of the profile, S sparse: the base of nearest
/// neighbours, of random walks and of sparse linear models.
class NeighbourScorer : public Scorer {
 public:
  Index items() const final { return static_cast<Index>(offsets_.size()) - 1; }
  /// What profile item i adds to: entries offsets()[i] ... offsets()[i + 1] - 1 of neighbours().
  const std::vector<Index>& offsets() const { return offsets_; }
  const std::vector<Neighbour>& neighbours() const { return neighbours_; }

 protected:
  /// \throws std::invalid_argument, std::out_of_range where they make no sense; `name` begins the message
  NeighbourScorer(std::string_view name, std::vector<Index> offsets, std::vector<Neighbour> neighbours)
      : offsets_(std::move(offsets)), neighbours_(std::move(neighbours)) {
    if (offsets_.empty() || offsets_.front() != 0 || !std::is_sorted(offsets_.begin(), offsets_.end()) ||
        offsets_.back() != static_cast<Index>(neighbours_.size())) {
      throw std::invalid_argument(std::string(name) +
                                  ": the offsets do not ascend from 0 to the number of neighbours, " +
                                  std::to_string(neighbours_.size()));
    }
    for (const auto& n : neighbours_) expect_id(name, "neighbour", n.item, items());
  }
  /// From the lists of what speaks for each item j, S_ij by i; kept by i, so that scoring walks the profile.
  NeighbourScorer(std::string_view name, const std::vector<std::vector<Neighbour>>& speaking_for)
      : NeighbourScorer(name, offsets_of(speaking_for), turned(speaking_for)) {}

 private:
  static std::vector<Index> offsets_of(const std::vector<std::vector<Neighbour>>& lists) {
    std::vector<Index> offsets(lists.size() + 1, 0);
    for (const auto& list : lists) {
      for (const auto& entry : list) ++offsets[static_cast<std::size_t>(entry.item) + 1];
    }
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    return offsets;
  }
  static std::vector<Neighbour> turned(const std::vector<std::vector<Neighbour>>& lists) {
    auto next = offsets_of(lists);
    std::vector<Neighbour> entries(static_cast<std::size_t>(next.back()));
    for (std::size_t j = 0; j < lists.size(); ++j) {
      for (const auto& [i, similarity] : lists[j]) {
        auto& place = next[static_cast<std::size_t>(i)];
        entries[static_cast<std::size_t>(place++)] = {static_cast<Index>(j), similarity};
      }
    }
    return entries;
  }

  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const final {
    const Index per_item = static_cast<Index>(neighbours_.size()) / items() + 1;
    const Index per_row = items() + per_item * (profiles.count() / profiles.size() + 1);
    parallel_for_range(profiles.size(), 16, per_row, [&](Index from, Index to) {
      for (Index row = from; row < to; ++row) {
        const auto sum = scores[row];
        std::fill(sum.begin(), sum.end(), 0.0f);
        for (const Index item : profiles[row]) {
          const auto i = static_cast<std::size_t>(item);
          for (Index k = offsets_[i]; k < offsets_[i + 1]; ++k) {
            const Neighbour& n = neighbours_[static_cast<std::size_t>(k)];
            sum(n.item) += n.similarity;
          }
        }
      }
    });
  }

  std::vector<Index> offsets_{0};
  std::vector<Neighbour> neighbours_;
};

}  // namespace rapt
