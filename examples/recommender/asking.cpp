#include "asking.hpp"

#include "errors.hpp"

#include <rapt/recommend/printable.hpp>

#include <cstdio>

namespace recommender {

void add_asked(CLI::App& verb, Asked& asked) {
  verb.add_option("model", asked.model, "model file, as fit writes it")->required();
  auto* who = verb.add_option_group("who");
  who->add_option("--user", asked.user, "a user that the model has seen");
  who->add_option("--items", asked.items, "items that somebody has, parted by commas")->delimiter(',');
  who->require_option(1);
}

Profile find_profile(const Bundle& bundle, const Asked& asked) {
  const bool by_user = asked.items.empty();
  Profile profile = by_user ? profile_of_user(bundle, asked.user) : profile_of_items(bundle, asked.items);
  for (const std::string& id : profile.unknown) {
    const auto similar = similar_names(by_user ? bundle.users : bundle.items, id);
    std::vector<std::string> shown;
    for (const auto& name : similar) shown.push_back(rapt::printable(name));
    std::fprintf(stderr, "rapt-recommend: the model does not know the %s '%s'%s%s\n",
                 by_user ? "user" : "item", rapt::printable(id).c_str(), shown.empty() ? "" : "; it knows ",
                 join_names(shown).c_str());
  }
  return profile;
}

std::vector<std::string> item_names(const Bundle& bundle, std::span<const rapt::Index> items) {
  std::vector<std::string> names;
  for (const rapt::Index item : items) names.push_back(rapt::printable(bundle.items.name(item), 60));
  return names;
}

}  // namespace recommender
