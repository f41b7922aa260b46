// compare: tunes, refits and tests several models on one data folder.
#include "bundle.hpp"
#include "comparison.hpp"
#include "data_folder.hpp"
#include "errors.hpp"
#include "given_settings.hpp"
#include "model_kind.hpp"
#include "tuning.hpp"
#include "verbs.hpp"
#include "write_text.hpp"

#include "common/terminal.hpp"

#include <rapt/recommend/grid_search.hpp>
#include <rapt/recommend/top_pop.hpp>

#include <chrono>
#include <map>

namespace recommender {
namespace {

struct CompareOptions {
  std::string data;
  long seeds = 1;
  std::vector<std::string> models, set;
  std::string settings, save_settings, save_model, json;
  bool quiet = false;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Compare {
 public:
  explicit Compare(CompareOptions options) : options_(std::move(options)), progress_(options_.quiet) {
    if (!options_.settings.empty()) given_.read(options_.settings);
    given_.give(options_.set);
    for (const auto& name : options_.models) chosen_.push_back(&find_model_kind(name));
    if (chosen_.empty()) {
      for (const auto& kind : model_kinds()) chosen_.push_back(&kind);
    }
  }

  void run() {
    folder_ = read_data_folder(options_.data);
    say_what_was_read();
    seen_ = merge(folder_.train(), folder_.valid());
    final_session_.progress = &progress_;
    std::printf("%s", head_line().c_str());
    std::fflush(stdout);
    for (const ModelKind* kind : chosen_) {
      models_.push_back(measure(*kind));
      progress_.clear();
      std::printf("%s", table_lines(models_.back()).c_str());
      std::fflush(stdout);
    }
    std::printf("%s", common::dim("fit: seconds for what no row above had fitted already\n").c_str());
    std::printf("\n%s\nSettings:\n", paired_lines(models_).c_str());
    for (const auto& model : models_) {
      if (!model.settings.empty())
        std::printf("  %s: %s\n", model.name.c_str(), describe(model.settings).c_str());
    }
    write_files();
  }

 private:
  void say_what_was_read() const {
    for (const auto& report : folder_.data.reports) {
      std::fprintf(stderr, "%s: %s\n", report.path.c_str(), to_string(report).c_str());
    }
    const auto& test = folder_.test();
    rapt::Index without = 0;
    for (rapt::Index user = 0; user < test.users(); ++user) without += test.items_of(user).empty();
    std::printf("%s: %td users, %td items, %td pairs to learn from, %td to find", options_.data.c_str(),
                test.users(), test.items(), folder_.train().size() + folder_.valid().size(), test.size());
    if (without > 0) std::printf("; %td users have nothing to find and are left out", without);
    std::printf("\n\n");
  }

  /// Settings of a model: given ones stay, the others are tuned; an ablation takes those of its whole.
  const Settings& settings_of(const ModelKind& kind) {
    if (const auto known = found_.find(kind.name); known != found_.end()) return known->second;
    const auto given = given_.settings.find(kind.name);
    if (!kind.tuned_as.empty()) {
      Settings settings = settings_of(find_model_kind(kind.tuned_as));
      for (const auto& name : given_.fixed[kind.name]) settings[name] = given->second.at(name);
      return found_[kind.name] = std::move(settings);
    }
    const Settings start = given == given_.settings.end() ? kind.defaults : given->second;
    const auto& fixed = given_.fixed[kind.name];
    const bool anything_to_tune = std::any_of(
        kind.axes.begin(), kind.axes.end(), [&](const Axis& axis) { return !fixed.contains(axis.setting); });
    if (!anything_to_tune) return found_[kind.name] = start;
    if (holdouts_.empty()) {
      holdouts_ = rapt::make_holdouts(folder_.train(), folder_.valid());
      sessions_.resize(holdouts_.size());
      for (auto& session : sessions_) session.progress = &progress_;
    }
    return found_[kind.name] = tune(kind, start, fixed, holdouts_, sessions_, progress_).settings;
  }

  ModelRuns measure(const ModelKind& kind) {
    ModelRuns model{kind.name, settings_of(kind), {}, {}, {}};
    const Settings settings = model.settings;
    const long runs = kind.seeded ? options_.seeds : 1;
    for (long seed = 1; seed <= runs; ++seed) {
      const auto start = std::chrono::steady_clock::now();
      auto scorer = kind.fit({seen_, settings, static_cast<std::uint64_t>(seed), final_session_});
      model.fit_seconds.push_back(seconds_since(start));
      model.runs.push_back(rapt::evaluate(*scorer, seen_, folder_.test(), {{5, 20}, rapt::Ties::partition}));
      if (kind.report) {
        model.chosen.push_back(settings);
        kind.report(*scorer, model.chosen.back());
        if (seed == 1) model.settings = model.chosen.front();
      }
      if (runs > 1) {
        common::Step step{kind.name + ": seeds", seed, runs};
        step.metric = model.runs.back().mean(20).ndcg;
        progress_.show(step);
      }
      if (seed == 1 && kind.name == "attention-gan" && !options_.save_model.empty()) {
        save_model(kind, model.settings, std::move(scorer));
      }
    }
    return model;
  }

  /// The model file that `fit` would write for the same interactions, settings and seed.
  void save_model(const ModelKind& kind, const Settings& settings,
                  std::unique_ptr<rapt::Scorer> scorer) const {
    Bundle bundle;
    bundle.model = kind.name;
    bundle.settings = settings;
    bundle.words = folder_.words;
    bundle.items = folder_.data.items;
    bundle.users = folder_.data.users;
    bundle.history = seen_;
    bundle.popularity = rapt::TopPop::fit(seen_).counts();
    bundle.scorer = std::move(scorer);
    save_bundle(options_.save_model, bundle);
  }

  /// The command that finds the settings again.
  std::string made_by() const {
    std::string line = "rapt-recommend compare --data " + options_.data;
    for (std::size_t i = 0; i < options_.models.size(); ++i)
      line += (i == 0 ? " --models " : ",") + options_.models[i];
    if (!options_.settings.empty()) line += " --settings " + options_.settings;
    for (const auto& assignment : options_.set) line += " --set " + assignment;
    return line + " --save-settings FILE";
  }

  void write_files() const {
    if (!options_.json.empty()) {
      write_text(options_.json, comparison_json(options_.data, models_).dump(2) + "\n");
    }
    if (!options_.save_settings.empty()) {
      Settings file{{"made_by", made_by()}, {"settings", Settings::object()}};
      for (const auto& [name, settings] : found_) {
        if (!settings.empty() && find_model_kind(name).tuned_as.empty()) file["settings"][name] = settings;
      }
      write_text(options_.save_settings, file.dump(2) + "\n");
    }
  }

  CompareOptions options_;
  common::Progress progress_;
  GivenSettings given_;
  std::vector<const ModelKind*> chosen_;
  DataFolder folder_;
  rapt::Interactions seen_;
  std::vector<rapt::Split> holdouts_;
  std::vector<FitSession> sessions_;
  FitSession final_session_;
  std::map<std::string, Settings> found_;
  std::vector<ModelRuns> models_;
};

}  // namespace

void add_compare(CLI::App& program, Action& action) {
  auto* verb = program.add_subcommand("compare", "Compare models: tune on three holdouts, refit, test once");
  auto options = std::make_shared<CompareOptions>();
  std::string names;
  for (const auto& kind : model_kinds()) names += " " + kind.name;
  verb->add_option("--data", options->data, "folder with train.txt, valid.txt and test.txt (or .gz)")
      ->required();
  verb->add_option("--seeds", options->seeds, "runs of each model that depends on chance")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb->add_option("--models", options->models, "some of:" + names + " (all where not given)")
      ->delimiter(',');
  verb->add_option("--set", options->set, "MODEL.SETTING=VALUE: give a setting instead of tuning it")
      ->allow_extra_args(false);
  verb->add_option("--settings", options->settings, "take settings from this file instead of tuning them");
  verb->add_option("--save-settings", options->save_settings,
                   "write the settings that were found to this file");
  verb->add_option("--save-model", options->save_model,
                   "write the first attention-gan of the table to this file, as fit does");
  verb->add_option("--json", options->json, "write all figures to this file");
  verb->add_flag("--quiet", options->quiet, "no progress");
  verb->footer(
      "Example:\n  rapt-recommend compare --data examples/recommender/data --models TopPop,EASE --set "
      "EASE.lambda=30");
  verb->callback([options, &action] { action = [options] { Compare(*options).run(); }; });
}

}  // namespace recommender
