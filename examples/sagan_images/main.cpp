// Draws images by class with a SAGAN, and measures what self-attention brings.
#include "image_data.hpp"
#include "judge.hpp"
#include "report.hpp"
#include "training.hpp"

#include "common/progress.hpp"

#include <rapt/core/parallel.hpp>
#include <rapt/io/atomic_file.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Options {
  std::string data = "digits", folder, out, json;
  bool no_attention = false, compare = false, quiet = false;
  std::uint64_t seed = 1;
  long seeds = 1, threads = static_cast<long>(std::max(1u, std::thread::hardware_concurrency()));
  std::optional<long> steps;
};

void read_command_line(CLI::App& program, Options& options) {
  program.add_option("--data", options.data, "what to draw")
      ->check(CLI::IsMember({"digits", "fashion"}))
      ->capture_default_str();
  program.add_option(
      "--folder", options.folder,
      "where the images are (default: the digits beside this program's source, or the folder of Debian's "
      "dataset-fashion-mnist)");
  program.add_option("--out", options.out, "write pictures and a page into this folder");
  program.add_flag("--no-attention", options.no_attention,
                   "a map of each position instead, of as many parameters");
  program.add_flag("--compare", options.compare, "train both kinds");
  program.add_option("--seed", options.seed, "the first seed")->capture_default_str();
  program.add_option("--seeds", options.seeds, "how many trainings of each kind")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  program.add_option("--steps", options.steps, "updates of each player")->check(CLI::Range(1, 10000000));
  program.add_option("--json", options.json, "write the measures into this file");
  program.add_option("--threads", options.threads, "threads to use; results do not depend on it")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  program.add_flag("--quiet", options.quiet, "no progress");
}

sagan::ImageData read_data(const Options& options) {
  if (options.data == "digits")
    return sagan::read_digits(options.folder.empty() ? RAPT_SAGAN_DATA : options.folder);
  return sagan::read_fashion(options.folder.empty() ? "/usr/share/datasets/fashion-mnist" : options.folder);
}

void write_json(const std::string& path, const std::vector<sagan::Run>& runs) {
  const std::string text = sagan::to_json(runs).dump(1) + "\n";
  const std::array<std::string_view, 1> parts{text};
  rapt::write_file_atomically(path, parts, rapt::Previous::drop);
}

void run(const Options& options) {
  const auto data = read_data(options);
  auto recipe = sagan::recipe_for(options.data);
  recipe.steps = options.steps.value_or(recipe.steps);
  // Refused before training, not after.
  if (!options.out.empty()) std::filesystem::create_directories(options.out);
  if (!options.json.empty()) write_json(options.json, {});
  common::Progress progress(options.quiet);
  std::printf("%s: %td images to train on, %td held out\n", data.name.c_str(), data.train.size(),
              data.held_out.size());
  const sagan::Judge judge(data, recipe.classifier_epochs, progress);
  std::vector<bool> kinds{!options.no_attention};
  if (options.compare) kinds = {true, false};
  std::vector<sagan::Run> runs;
  for (long k = 0; k < options.seeds; ++k) {
    for (const bool attention : kinds) {
      runs.push_back(sagan::train(data, recipe, attention, options.seed + static_cast<std::uint64_t>(k),
                                  judge, progress));
      // What is there is kept, should a long table be broken off.
      if (!options.json.empty()) write_json(options.json, runs);
    }
  }
  progress.clear();
  std::fputs(sagan::summary(runs, judge).c_str(), stdout);
  if (!options.out.empty()) {
    sagan::write_pictures(options.out, data, judge, runs);
    std::printf("%s/index.html shows samples, attention and curves.\n", options.out.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Draws images by class with a SAGAN, and measures what self-attention brings.",
                   "sagan_images");
  Options options;
  read_command_line(program, options);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  rapt::set_threads(options.threads);
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sagan_images: error: %s\n", error.what());
    return 1;
  }
}
