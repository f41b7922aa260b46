// explain: which items of a profile speak for an item.
#include "asking.hpp"
#include "errors.hpp"
#include "verbs.hpp"

#include "common/format.hpp"
#include "common/terminal.hpp"

#include <rapt/recommend/printable.hpp>

#include <algorithm>

namespace recommender {
namespace {

struct ExplainOptions {
  Asked asked;
  std::string item;
};

rapt::Index find_item(const Bundle& bundle, const std::string& id) {
  if (const auto item = bundle.items.find(id)) return *item;
  std::vector<std::string> similar;
  for (const auto& name : similar_names(bundle.items, id)) similar.push_back(rapt::printable(name));
  throw DataError("the model does not know the item '" + rapt::printable(id) + "'" +
                  (similar.empty() ? "" : "; it knows " + join_names(similar)));
}

/// Place of the item among those that the profile does not have, from 1.
rapt::Index rank_of(const rapt::Tensor<float, 1>& scores, const Profile& profile, rapt::Index item) {
  rapt::Index rank = 1;
  for (rapt::Index other = 0; other < scores.size(); ++other) {
    if (std::binary_search(profile.items.begin(), profile.items.end(), other)) continue;
    rank += scores(other) > scores(item) || (scores(other) == scores(item) && other < item);
  }
  return rank;
}

void print_reasons(const Bundle& bundle, const std::vector<Reason>& reasons) {
  const bool attends =
      std::any_of(reasons.begin(), reasons.end(), [](const Reason& r) { return r.attention > 0; });
  std::printf("%s\n", common::bold("  " + common::left("item", 30) + common::right("attention", 10) +
                                   common::right("lost without it", 18))
                          .c_str());
  for (const Reason& reason : reasons) {
    const auto length = static_cast<std::size_t>(20 * reason.share + 0.5);
    std::string bar;
    for (std::size_t k = 0; k < length; ++k) bar += "\u2588";
    std::printf("  %s%s%s  %s\n",
                common::left(rapt::printable(bundle.items.name(reason.item), 60), 30).c_str(),
                common::right(attends ? common::fixed(100 * reason.attention, 1) + " %" : "none", 10).c_str(),
                common::right(common::fixed(reason.loss, 4), 18).c_str(), bar.c_str());
  }
}

void answer(const ExplainOptions& options) {
  const Bundle bundle = load_bundle(options.asked.model);
  Profile profile = find_profile(bundle, options.asked);
  const rapt::Index item = find_item(bundle, options.item);
  const bool has_it = std::erase(profile.items, item) > 0;
  if (profile.items.empty()) {
    throw DataError("there is nothing to explain from: the profile has no " +
                    std::string(has_it ? "other " : "") + "item that the model knows");
  }
  const Reasons reasons(bundle, profile);
  const std::string name = rapt::printable(bundle.items.name(item), 60);
  const std::string who = profile.name.empty()
                              ? bundle.words.one + " " + join_names(item_names(bundle, profile.items))
                              : rapt::printable(profile.name);
  std::printf("What speaks for %s to %s\n", common::bold(name).c_str(), common::bold(who).c_str());
  if (has_it) std::printf("(which has it already; this is what the others say)\n");
  std::printf("place %td of %td, score %s by %s\n\n", rank_of(reasons.scores(), profile, item),
              bundle.items.size() - static_cast<rapt::Index>(profile.items.size()),
              common::fixed(static_cast<double>(reasons.scores()(item)), 4).c_str(), bundle.model.c_str());
  print_reasons(bundle, reasons.of(item));
}

}  // namespace

void add_explain(CLI::App& program, Action& action) {
  auto* verb = program.add_subcommand("explain", "Say which items of a profile speak for an item");
  auto options = std::make_shared<ExplainOptions>();
  add_asked(*verb, options->asked);
  verb->add_option("--item", options->item, "the item to explain")->required();
  verb->footer("Example:\n  rapt-recommend explain debian.safetensors --user abiword --item libc6");
  verb->callback([options, &action] { action = [options] { answer(*options); }; });
}

}  // namespace recommender
