#pragma once
// Interactions with a structure that a recommender can find.

#include <rapt/core/random.hpp>
#include <rapt/recommend/interactions.hpp>

#include <cstdint>
#include <vector>

namespace rapt_test {

/// Users and items belong to clusters (by number, in turn); a user draws `draws` items, four of five from the
/// own cluster. All items are about equally popular, so popularity is of no use.
inline rapt::Interactions planted_interactions(rapt::Index users, rapt::Index items, rapt::Index clusters,
                                               rapt::Index draws, std::uint64_t seed) {
  rapt::RandomStream stream(seed);
  std::vector<rapt::Interaction> pairs;
  for (rapt::Index user = 0; user < users; ++user) {
    for (rapt::Index k = 0; k < draws; ++k) {
      const bool own = uniform_index(stream, 5) != 0;
      const rapt::Index item = own ? user % clusters + clusters * uniform_index(stream, items / clusters)
                                   : uniform_index(stream, items);
      pairs.push_back({user, item});
    }
  }
  return {users, items, pairs};
}

}  // namespace rapt_test
