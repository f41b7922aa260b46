// evaluate: how a saved model does on interactions that it has not seen.
#include "bundle.hpp"
#include "errors.hpp"
#include "verbs.hpp"
#include "write_text.hpp"

#include "common/format.hpp"
#include "common/terminal.hpp"

#include <rapt/recommend/beyond_accuracy.hpp>
#include <rapt/recommend/bootstrap.hpp>
#include <rapt/recommend/evaluate.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace recommender {
namespace {

struct EvaluateVerbOptions {
  std::string model, test, json, per_user;
  std::vector<rapt::Index> cutoffs{5, 20};
  std::uint64_t seed = 1;
};

/// Test pairs under the model's own numbers, and how many name what it does not know.
struct TestPairs {
  rapt::Interactions pairs;
  rapt::Index unknown = 0;
};

TestPairs read_test(const Bundle& bundle, const std::string& path) {
  rapt::InteractionReader reader;
  reader.add_bytes(path, read_input(path));
  const rapt::InteractionData data = reader.finish();
  std::fprintf(stderr, "%s: %s\n", path.c_str(), to_string(data.reports[0]).c_str());
  TestPairs result;
  std::vector<rapt::Interaction> known;
  for (const auto& pair : data.parts[0].pairs()) {
    const auto user = bundle.users.find(data.users.name(pair.user)),
               item = bundle.items.find(data.items.name(pair.item));
    if (user && item) {
      known.push_back({*user, *item});
    } else {
      ++result.unknown;
    }
  }
  if (known.empty()) {
    throw DataError(path + ": none of its " + std::to_string(result.unknown) +
                    " pairs names a user and an item that the model knows");
  }
  result.pairs = rapt::Interactions(bundle.users.size(), bundle.items.size(), known);
  return result;
}

/// One line of the table, and of the JSON.
struct Figure {
  std::string name;
  double mean;
  std::optional<rapt::Interval> interval;
};

std::vector<Figure> figures_of(const Bundle& bundle, const rapt::Evaluation& evaluation, std::uint64_t seed) {
  std::vector<Figure> figures;
  const rapt::RandomStream stream(seed);
  for (const rapt::Index n : evaluation.cutoffs) {
    const std::string at = "@" + std::to_string(n);
    for (const auto& [name, metric] : rapt::RankingMetrics::all()) {
      figures.push_back({std::string(name) + at, evaluation.mean(n).*metric,
                         rapt::bootstrap_interval(evaluation.per_user(metric, n), stream)});
    }
    const auto lists = rapt::beyond_accuracy(evaluation.lists, evaluation.users, *bundle.history, n);
    for (const auto& [name, value] : rapt::BeyondAccuracy::all())
      figures.push_back({std::string(name) + at, lists.*value, std::nullopt});
  }
  return figures;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\n\r") == std::string::npos) return text;
  std::string quoted(1, '"');
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  quoted += '"';
  return quoted;
}

void write_per_user(const std::string& path, const Bundle& bundle, const rapt::Evaluation& evaluation) {
  std::string text = "user";
  for (const rapt::Index n : evaluation.cutoffs) {
    for (const auto& [name, metric] : rapt::RankingMetrics::all())
      text += "," + std::string(name) + "@" + std::to_string(n);
  }
  text += "\n";
  for (std::size_t k = 0; k < evaluation.users.size(); ++k) {
    text += csv_field(bundle.users.name(evaluation.users[k]));
    for (const auto& values : evaluation.values) {
      for (const auto& [name, metric] : rapt::RankingMetrics::all())
        text.append(1, ',').append(common::fixed(values[k].*metric, 6));
    }
    text += "\n";
  }
  write_text(path, text);
}

void evaluate_model(const EvaluateVerbOptions& options) {
  const Bundle bundle = load_bundle(options.model);
  if (!bundle.history) {
    throw UsageError(options.model + " was saved without the users' histories; fit it without --no-history");
  }
  const TestPairs test = read_test(bundle, options.test);
  const auto evaluation = rapt::evaluate(*bundle.scorer, *bundle.history, test.pairs,
                                         {options.cutoffs, rapt::Ties::lower_id, true});
  std::printf("%s on %s: %zu users, %td pairs to find", bundle.model.c_str(), options.test.c_str(),
              evaluation.users.size(), test.pairs.size());
  if (test.unknown > 0)
    std::printf("; %td pairs with a user or item that the model does not know are left out", test.unknown);
  std::printf("\n\n%s\n", common::bold("  " + common::left("figure", 20) + common::right("mean", 9) +
                                       "   95 % of resampled means")
                              .c_str());
  const auto figures = figures_of(bundle, evaluation, options.seed);
  nlohmann::ordered_json json{
      {"model", bundle.model},      {"test", options.test},    {"users", evaluation.users.size()},
      {"pairs", test.pairs.size()}, {"unknown", test.unknown}, {"figures", nlohmann::ordered_json::object()}};
  for (const auto& [name, mean, interval] : figures) {
    std::printf("  %s%s", common::left(name, 20).c_str(), common::right(common::share(mean), 9).c_str());
    auto& entry = json["figures"][name];
    entry["mean"] = mean;
    if (interval) {
      std::printf("   %s to %s", common::share(interval->low).c_str(), common::share(interval->high).c_str());
      entry["low"] = interval->low;
      entry["high"] = interval->high;
    }
    std::printf("\n");
  }
  if (!options.json.empty()) write_text(options.json, json.dump(2) + "\n");
  if (!options.per_user.empty()) write_per_user(options.per_user, bundle, evaluation);
}

}  // namespace

void add_evaluate(CLI::App& program, Action& action) {
  auto* verb = program.add_subcommand("evaluate", "Measure a saved model on interactions it has not seen");
  auto options = std::make_shared<EvaluateVerbOptions>();
  verb->add_option("model", options->model, "a file that fit has written")->required();
  verb->add_option("test", options->test, "lines of user item [rating [time]]")->required();
  verb->add_option("--cutoffs", options->cutoffs, "lengths of the recommended lists")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "seed of the resampling")->capture_default_str();
  verb->add_option("--json", options->json, "write all figures to this file");
  verb->add_option("--per-user", options->per_user, "write the figures of each user to this file, as CSV");
  verb->footer("Example:\n  rapt-recommend evaluate ratings.safetensors later.csv --per-user users.csv");
  verb->callback([options, &action] { action = [options] { evaluate_model(*options); }; });
}

}  // namespace recommender
