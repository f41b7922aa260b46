#pragma once
/// \file  Parting interactions into what is learned from and what is held out.

#include <rapt/core/number_text.hpp>
#include <rapt/core/random.hpp>
#include <rapt/recommend/interactions.hpp>

#include <cmath>
#include <vector>

namespace rapt {

/// Two parts of one set of interactions, over the same users and items.
struct Split {
  Interactions train;
  Interactions held_out;
  Index kept_whole = 0;  // users with interactions of which none was held out, because they have too few
};

namespace detail {

/// Parts every user's row: `choose(user, chosen)` fills one flag for each item of the user.
template <class Choose>
Split split_users(const Interactions& all, Choose&& choose) {
  Split split;
  std::vector<bool> held(static_cast<std::size_t>(all.size()), false);
  std::vector<bool> chosen;
  for (Index user = 0; user < all.users(); ++user) {
    const auto order = all.order_of(user);
    if (order.empty()) continue;
    chosen.assign(order.size(), false);
    choose(user, chosen);
    const auto first = static_cast<std::size_t>(all.by_user().offsets[static_cast<std::size_t>(user)]);
    bool any_held = false;
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      held[first + k] = chosen[k];
      any_held = any_held || chosen[k];
    }
    if (!any_held) ++split.kept_whole;
  }
  std::vector<Interaction> parts[2];
  const auto pairs = all.pairs();
  for (const auto& pair : pairs) {
    const auto row = all.items_of(pair.user);
    const auto place = std::lower_bound(row.begin(), row.end(), pair.item) - row.begin();
    const auto first = all.by_user().offsets[static_cast<std::size_t>(pair.user)];
    parts[held[static_cast<std::size_t>(first + place)] ? 1 : 0].push_back(pair);
  }
  split.train = Interactions(all.users(), all.items(), parts[0], all.fields());
  split.held_out = Interactions(all.users(), all.items(), parts[1], all.fields());
  return split;
}

}  // namespace detail

/// Holds out round(fraction * n) random items of each user with n items, but never all of them. What a user
/// loses depends on the seed and the user alone.
/// \throws std::invalid_argument unless 0 <= fraction <= 1
inline Split split_random(const Interactions& all, double fraction, std::uint64_t seed) {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw std::invalid_argument("split_random: fraction is " + detail::number_text(fraction) +
                                ", expected 0 to 1");
  }
  const RandomStream root = RandomStream(seed).substream("split_random");
  return detail::split_users(all, [&](Index user, std::vector<bool>& chosen) {
    const auto n = static_cast<Index>(chosen.size());
    const auto count = std::min<Index>(std::llround(fraction * static_cast<double>(n)), n - 1);
    std::vector<Index> places(chosen.size());
    std::iota(places.begin(), places.end(), Index{0});
    RandomStream stream = root.substream(static_cast<std::uint64_t>(user));
    shuffle(std::span(places), stream);
    for (Index k = 0; k < count; ++k)
      chosen[static_cast<std::size_t>(places[static_cast<std::size_t>(k)])] = true;
  });
}

/// Holds out the last `count` items of each user, by time where times were given, else (and among equal
/// times) in the order of the input. Users with fewer than count + 1 items are kept whole and counted.
/// \throws std::invalid_argument where count < 1
inline Split split_leave_last(const Interactions& all, Index count = 1) {
  if (count < 1) {
    throw std::invalid_argument("split_leave_last: count is " + std::to_string(count) +
                                ", expected at least 1");
  }
  return detail::split_users(all, [&](Index user, std::vector<bool>& chosen) {
    if (static_cast<Index>(chosen.size()) <= count) return;
    const auto times = all.times_of(user);
    const auto order = all.order_of(user);
    std::vector<std::size_t> places(chosen.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      if (!times.empty() && times[a] != times[b]) return times[a] > times[b];
      return order[a] > order[b];
    });
    for (Index k = 0; k < count; ++k) chosen[places[static_cast<std::size_t>(k)]] = true;
  });
}

}  // namespace rapt
