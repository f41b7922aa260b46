#include "answers.hpp"

#include "errors.hpp"

#include <algorithm>
#include <numeric>

namespace recommender {
namespace {

/// Edit distance (Levenshtein 1966), not above `limit` + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Profile profile_of_user(const Bundle& bundle, const std::string& id) {
  if (!bundle.history) throw UsageError("the model was saved without the users' histories; ask with --items");
  Profile profile;
  profile.name = id;
  if (const auto user = bundle.users.find(id)) {
    const auto items = bundle.history->items_of(*user);
    profile.items.assign(items.begin(), items.end());
  } else {
    profile.unknown.push_back(id);
  }
  return profile;
}

Profile profile_of_items(const Bundle& bundle, const std::vector<std::string>& ids) {
  Profile profile;
  for (const std::string& id : ids) {
    if (const auto item = bundle.items.find(id))
      profile.items.push_back(*item);
    else
      profile.unknown.push_back(id);
  }
  std::sort(profile.items.begin(), profile.items.end());
  profile.items.erase(std::unique(profile.items.begin(), profile.items.end()), profile.items.end());
  return profile;
}

Reasons::Reasons(const Bundle& bundle, const Profile& profile)
    : bundle_(bundle), profile_(profile), scores_(rapt::score_profile(*bundle.scorer, profile.items)) {
  rapt::ItemRowsBuffer rows;
  std::vector<rapt::Index> rest;
  for (const rapt::Index left_out : profile.items) {
    rest = profile.items;
    std::erase(rest, left_out);
    rows.append(rest);
  }
  without_.resize({rows.rows().size(), bundle.scorer->items()});
  bundle.scorer->score(rows.rows(), without_);
}

std::vector<Reason> Reasons::of(rapt::Index item) const {
  std::vector<Reason> reasons;
  const auto attention = bundle_.scorer->attention(profile_.items, item);
  for (std::size_t k = 0; k < profile_.items.size(); ++k) {
    Reason reason;
    reason.item = profile_.items[k];
    reason.loss =
        static_cast<double>(scores_(item)) - static_cast<double>(without_(static_cast<rapt::Index>(k), item));
    if (!attention.empty()) reason.attention = static_cast<double>(attention[k]);
    // A loss depends on the scale of two rankings; attention says the same for profiles of any length.
    reason.share = attention.empty() ? std::max(0.0, reason.loss) : reason.attention;
    reasons.push_back(reason);
  }
  double sum = 0;
  for (const Reason& reason : reasons) sum += reason.share;
  for (Reason& reason : reasons) reason.share = sum > 0 ? reason.share / sum : 0;
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return a.share != b.share ? a.share > b.share : a.loss > b.loss;
  });
  return reasons;
}

std::vector<rapt::ScoredItem> recommend(const Bundle& bundle, const Profile& profile, rapt::Index n) {
  std::vector<rapt::ScoredItem> best;
  if (profile.items.empty()) {
    rapt::top_n({bundle.popularity.begin(), bundle.popularity.end()}, {}, n, best);
    return best;
  }
  const auto scores = rapt::score_profile(*bundle.scorer, profile.items);
  rapt::top_n({scores.begin(), scores.end()}, profile.items, n, best);
  return best;
}

std::vector<std::string> similar_names(const rapt::IdMap& names, const std::string& id, std::size_t count) {
  struct Found {
    std::size_t distance;
    const std::string* name;
  };
  if (id.size() > 100) return {};
  const std::size_t limit = 1 + id.size() / 4;
  std::vector<Found> found;
  for (const std::string& name : names.names()) {
    const bool part = id.size() >= 3 && (name.find(id) != std::string::npos);
    const std::size_t distance = edit_distance(id, name, limit);
    if (distance <= limit)
      found.push_back({distance, &name});
    else if (part)
      found.push_back({limit + 1, &name});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.distance < b.distance; });
  std::vector<std::string> best;
  for (std::size_t k = 0; k < std::min(count, found.size()); ++k) best.push_back(*found[k].name);
  return best;
}

std::string join_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (k > 0) text += k + 1 == names.size() ? " and " : ", ";
    text += names[k];
  }
  return text;
}

}  // namespace recommender
