// fit: one model on everything that is known, saved as a file that suffices alone.
#include "bundle.hpp"
#include "errors.hpp"
#include "given_settings.hpp"
#include "model_kind.hpp"
#include "verbs.hpp"

#include "common/format.hpp"

#include <rapt/recommend/top_pop.hpp>

#include <chrono>
#include <filesystem>

#include <unistd.h>

namespace recommender {
namespace {

struct FitOptions {
  std::string file, out, model = "attention-gan", settings;
  std::vector<std::string> set;
  std::uint64_t seed = 1;
  bool no_history = false, quiet = false;
};

/// Refused before training starts, not after.
void expect_writable(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path parent = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
  if (fs::is_directory(path, ignored))
    throw std::system_error(std::make_error_code(std::errc::is_a_directory), path);
  if (!fs::is_directory(parent, ignored)) {
    throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), parent.string());
  }
  if (access(parent.c_str(), W_OK) != 0)
    throw std::system_error(errno, std::generic_category(), parent.string());
}

Settings settings_of(const ModelKind& kind, const FitOptions& options) {
  GivenSettings given;
  if (!options.settings.empty()) given.read(options.settings);
  given.give(options.set);
  Settings settings = kind.defaults;
  // An ablation takes what was found for its whole, then what was given for itself.
  for (const std::string& name : {kind.tuned_as, kind.name}) {
    for (const auto& setting : given.fixed[name]) settings[setting] = given.settings[name][setting];
  }
  return settings;
}

void fit(const FitOptions& options) {
  const ModelKind& kind = find_model_kind(options.model);
  const Settings settings = settings_of(kind, options);
  expect_writable(options.out);
  AllData data = read_all(options.file);
  for (const auto& report : data.reports) {
    std::fprintf(stderr, "%s: %s\n", report.path.c_str(), to_string(report).c_str());
  }
  common::Progress progress(options.quiet);
  FitSession session;
  session.progress = &progress;
  const auto start = std::chrono::steady_clock::now();
  Bundle bundle;
  bundle.scorer = kind.fit({data.interactions, settings, options.seed, session});
  progress.clear();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  bundle.model = kind.name;
  bundle.settings = settings;
  bundle.words = data.words;
  bundle.items = std::move(data.items);
  bundle.popularity = rapt::TopPop::fit(data.interactions).counts();
  std::printf("%s learned from %td pairs of %td users and %td items in %s\n", kind.name.c_str(),
              data.interactions.size(), data.interactions.users(), data.interactions.items(),
              common::duration(seconds).c_str());
  if (!options.no_history) {
    bundle.users = std::move(data.users);
    bundle.history = std::move(data.interactions);
  }
  save_bundle(options.out, bundle);
  std::printf("%s: %s MB\n", options.out.c_str(),
              common::fixed(static_cast<double>(std::filesystem::file_size(options.out)) / 1e6, 1).c_str());
}

}  // namespace

void add_fit(CLI::App& program, Action& action) {
  auto* verb = program.add_subcommand("fit", "Fit a model to a file of interactions and save it");
  auto options = std::make_shared<FitOptions>();
  std::string names;
  for (const auto& kind : model_kinds()) names += " " + kind.name;
  verb->add_option("file", options->file,
                   "lines of user item [rating [time]]; or a folder, of which all parts are used")
      ->required();
  verb->add_option("--out", options->out, "the model file to write")->required();
  verb->add_option("--model", options->model, "one of:" + names)->capture_default_str();
  verb->add_option("--settings", options->settings, "take settings from this file, as compare writes it");
  verb->add_option("--set", options->set, "MODEL.SETTING=VALUE")->allow_extra_args(false);
  verb->add_option("--seed", options->seed, "seed of everything that depends on chance")
      ->capture_default_str();
  verb->add_flag("--no-history", options->no_history,
                 "leave out who has what: the file then names items only");
  verb->add_flag("--quiet", options->quiet, "no progress");
  verb->footer("Example:\n  rapt-recommend fit ratings.csv --out ratings.safetensors");
  verb->callback([options, &action] { action = [options] { fit(*options); }; });
}

}  // namespace recommender
