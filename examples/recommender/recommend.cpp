// recommend: the best items for a user or for a list of items, with reasons.
#include "asking.hpp"
#include "errors.hpp"
#include "verbs.hpp"

#include "common/format.hpp"
#include "common/terminal.hpp"

#include <rapt/recommend/printable.hpp>

#include <map>

namespace recommender {
namespace {

struct RecommendOptions {
  Asked asked;
  rapt::Index n = 10;
  bool strict = false;
};

/// Up to three items that carry a tenth or more of what speaks for the recommended one.
std::string because(const Bundle& bundle, const std::vector<Reason>& reasons) {
  std::vector<std::string> named;
  for (const Reason& reason : reasons) {
    if (named.size() == 3 || reason.share < 0.1) break;
    named.push_back(rapt::printable(bundle.items.name(reason.item), 60) + " (" +
                    common::fixed(100 * reason.share, 0) + " %)");
  }
  return named.empty() ? "because of everything together" : "because of " + join_names(named);
}

/// The profile for a sentence: all of a short one, of a long one the items that carry most of the answer.
std::string described(const Bundle& bundle, const Profile& profile, const Reasons& reasons,
                      const std::vector<rapt::ScoredItem>& best) {
  constexpr std::size_t shown = 6;
  if (profile.items.size() <= shown) return join_names(item_names(bundle, profile.items));
  std::map<rapt::Index, double> carried;
  for (const auto& scored : best) {
    for (const Reason& reason : reasons.of(scored.item)) carried[reason.item] += reason.share;
  }
  std::vector<rapt::Index> order = profile.items;
  std::stable_sort(order.begin(), order.end(),
                   [&](rapt::Index a, rapt::Index b) { return carried[a] > carried[b]; });
  order.resize(shown - 1);
  auto names = item_names(bundle, order);
  names.push_back(std::to_string(profile.items.size() - names.size()) + " others");
  return join_names(names);
}

void print_popular(const Bundle& bundle, const std::vector<rapt::ScoredItem>& best) {
  std::printf("Nothing is known of this profile. What most have:\n\n");
  int place = 0;
  for (const auto& scored : best) {
    std::printf(
        "%3d  %s  %s\n", ++place,
        common::bold(common::left(rapt::printable(bundle.items.name(scored.item), 60), 28)).c_str(),
        common::dim("popular: " + common::fixed(static_cast<double>(scored.score), 0) + " have it").c_str());
  }
}

void answer(const RecommendOptions& options) {
  const Bundle bundle = load_bundle(options.asked.model);
  const Profile profile = find_profile(bundle, options.asked);
  if (profile.items.empty() && options.strict)
    throw DataError("the model knows nothing of what was asked about");
  const auto best = recommend(bundle, profile, options.n);
  if (profile.items.empty()) return print_popular(bundle, best);
  const Reasons reasons(bundle, profile);
  if (!profile.name.empty()) std::printf("%s:\n", common::bold(rapt::printable(profile.name)).c_str());
  std::printf("%s %s %s\n\n", bundle.words.those.c_str(), described(bundle, profile, reasons, best).c_str(),
              bundle.words.also.c_str());
  if (best.empty()) std::printf("nothing else: the profile has every item already\n");
  int place = 0;
  for (const auto& scored : best) {
    std::printf("%3d  %s  %s\n", ++place,
                common::bold(common::left(rapt::printable(bundle.items.name(scored.item), 60), 28)).c_str(),
                because(bundle, reasons.of(scored.item)).c_str());
  }
}

}  // namespace

void add_recommend(CLI::App& program, Action& action) {
  auto* verb =
      program.add_subcommand("recommend", "Recommend items to a user, or to somebody who has some items");
  auto options = std::make_shared<RecommendOptions>();
  add_asked(*verb, options->asked);
  verb->add_option("-n", options->n, "how many items")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb->add_flag("--strict", options->strict,
                 "fail (exit code 3) where nothing is known, instead of recommending what is popular");
  verb->footer("Example:\n  rapt-recommend recommend debian.safetensors --items libeigen3-dev,cmake -n 10");
  verb->callback([options, &action] { action = [options] { answer(*options); }; });
}

}  // namespace recommender
