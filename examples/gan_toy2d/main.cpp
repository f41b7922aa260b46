// gan_toy2d: GANs on mixtures in the plane, where what they miss can be counted.
#include "pictures.hpp"
#include "target.hpp"
#include "training.hpp"

#include "common/format.hpp"

#include <rapt/core/parallel.hpp>
#include <rapt/io/atomic_file.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using common::fixed, common::left, common::right;
using toy::Run, toy::Target;

struct Options {
  std::string target = "ring8", loss = "non-saturating", preset = "default", json, out;
  long seeds = 1, first_seed = 1, steps = 0, threads = 1;
  bool quiet = false;
};

struct Job {
  const Target* target;
  toy::RunOptions options;
};

void add_options(CLI::App& program, Options& options) {
  const auto one_of = [](std::vector<std::string> names, const char* all) {
    if (all != nullptr) names.emplace_back(all);
    return CLI::IsMember(names);
  };
  program.add_option("--target", options.target, "mixture to learn")
      ->check(one_of(toy::target_names(), "all"))
      ->capture_default_str();
  program.add_option("--loss", options.loss, "loss of both players")
      ->check(one_of(toy::loss_names(), "all"))
      ->capture_default_str();
  program
      .add_option("--preset", options.preset, "nets and optimisers: this example's recipe, or the tutorials'")
      ->check(one_of(toy::preset_names(), nullptr))
      ->capture_default_str();
  program.add_option("--seeds", options.seeds, "runs of each target and loss")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  program.add_option("--first-seed", options.first_seed, "seed of the first run")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  program
      .add_option("--steps", options.steps,
                  "steps of each run; 10000 unless given, 100000 of the naive preset")
      ->check(CLI::Range(1, 10'000'000));
  program.add_option("--json", options.json, "file for the numbers of every run");
  program.add_option("--out", options.out, "folder for pictures of the first seed's samples over time");
  program.add_option("--threads", options.threads, "runs at a time; results do not depend on it")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  program.add_flag("--quiet", options.quiet, "only the table");
  program.footer(
      "Examples:\n  gan_toy2d --target grid25 --out pictures\n"
      "  gan_toy2d --target all --loss all --seeds 20 --json table.json\n"
      "  gan_toy2d --preset naive --seeds 5");
}

// What cannot be written is said before the training, not after it.
void prepare_files(const Options& options) {
  namespace fs = std::filesystem;
  if (!options.out.empty()) fs::create_directories(options.out);
  const auto folder = fs::path(options.json).parent_path();
  if (!folder.empty() && !fs::is_directory(folder)) {
    throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory),
                            "folder of --json " + options.json);
  }
}

std::vector<std::string> chosen(const std::string& name, const std::vector<std::string>& all) {
  return name == "all" ? all : std::vector<std::string>{name};
}

void write_text(const std::string& path, const std::string& text) {
  const std::array<std::string_view, 1> parts{text};
  rapt::write_file_atomically(path, parts, rapt::Previous::drop);
}

// Each run is one chunk, and inside a chunk nothing is parted further: its seconds are those of one core.
std::vector<Run> train_all(const std::vector<Job>& jobs, bool quiet) {
  std::vector<Run> runs(jobs.size());
  std::mutex console;
  const bool alone = jobs.size() == 1;
  rapt::parallel_for(static_cast<rapt::Index>(jobs.size()), rapt::Index{1} << 32, [&](rapt::Index i) {
    const Job& job = jobs[static_cast<std::size_t>(i)];
    toy::Watch watch;
    if (alone && !quiet) {
      watch = [](rapt::Index step, rapt::Index modes, double quality) {
        std::printf("step %6td: %2td modes, high quality %.3f\n", step, modes, quality);
        std::fflush(stdout);
      };
    }
    Run run = toy::train_gan(*job.target, job.options, watch);
    {
      const std::scoped_lock lock(console);
      if (!run.failure.empty()) {
        std::fprintf(stderr, "%s, %s, seed %llu stopped: %s\n", run.target.c_str(), run.loss.c_str(),
                     static_cast<unsigned long long>(run.seed), run.failure.c_str());
      } else if (!alone && !quiet) {
        std::fprintf(stderr, "%-6s  %-14s  seed %3llu: %2td modes, high quality %.3f, %s\n",
                     run.target.c_str(), run.loss.c_str(), static_cast<unsigned long long>(run.seed),
                     run.modes, run.high_quality, common::duration(run.seconds).c_str());
      }
    }
    runs[static_cast<std::size_t>(i)] = std::move(run);
  });
  return runs;
}

void write_json(const std::string& path, const std::vector<Run>& runs) {
  auto table = nlohmann::ordered_json::array();
  for (const auto& run : runs) {
    table.push_back({{"target", run.target},
                     {"loss", run.loss},
                     {"seed", run.seed},
                     {"modes", run.modes},
                     {"high_quality", run.high_quality},
                     {"seconds", run.seconds}});
  }
  write_text(path, table.dump(1) + "\n");
}

/// Mean and standard deviation (of one run, over N - 1).
struct Spread {
  double mean = 0, deviation = 0;
  template <class Value>
  Spread(const std::vector<const Run*>& runs, Value value) {
    const auto n = static_cast<double>(runs.size());
    for (const auto* run : runs) mean += value(*run) / n;
    for (const auto* run : runs) deviation += std::pow(value(*run) - mean, 2) / std::max(1.0, n - 1);
    deviation = std::sqrt(deviation);
  }
  std::string text(int digits) const { return fixed(mean, digits) + " +- " + fixed(deviation, digits); }
};

// Nearly all modes: 7 of the ring's 8, 22 of the grid's 25.
rapt::Index enough_modes(rapt::Index modes) { return (7 * modes + 7) / 8; }

void print_table(const std::vector<Target>& targets, const std::vector<std::string>& losses,
                 const std::vector<Run>& runs) {
  std::printf("\n%s  %s  %s  %s  %s  %s\n", left("target", 6).c_str(), left("loss", 14).c_str(),
              right("modes", 14).c_str(), left("  runs that cover", 17).c_str(),
              right("high quality", 16).c_str(), right("seconds", 8).c_str());
  for (const auto& target : targets) {
    for (const auto& loss : losses) {
      std::vector<const Run*> group;
      for (const auto& run : runs) {
        if (run.target == target.name && run.loss == loss) group.push_back(&run);
      }
      const auto enough = enough_modes(target.modes());
      const auto reached =
          std::count_if(group.begin(), group.end(), [&](auto* run) { return run->modes >= enough; });
      const Spread modes(group, [](const Run& run) { return static_cast<double>(run.modes); });
      const Spread quality(group, [](const Run& run) { return run.high_quality; });
      const Spread seconds(group, [](const Run& run) { return run.seconds; });
      const std::string share = ">= " + std::to_string(enough) + ": " + std::to_string(reached) + " of " +
                                std::to_string(group.size());
      std::printf("%s  %s  %s  %s  %s  %s\n", left(target.name, 6).c_str(), left(loss, 14).c_str(),
                  right(modes.text(1), 14).c_str(), right(share, 17).c_str(),
                  right(quality.text(3), 16).c_str(), right(fixed(seconds.mean, 1), 8).c_str());
    }
  }
}

void run_program(const Options& options) {
  prepare_files(options);
  std::vector<Target> targets;
  for (const auto& name : chosen(options.target, toy::target_names()))
    targets.push_back(toy::make_target(name));
  const auto losses = chosen(options.loss, toy::loss_names());
  std::vector<Job> jobs;
  for (const auto& target : targets) {
    for (const auto& loss : losses) {
      for (long k = 0; k < options.seeds; ++k) {
        jobs.push_back({&target,
                        {.loss = loss,
                         .preset = options.preset,
                         .steps = options.steps,
                         .seed = static_cast<std::uint64_t>(options.first_seed + k),
                         .keep_snapshots = !options.out.empty() && k == 0}});
      }
    }
  }
  rapt::set_threads(std::min(options.threads, static_cast<long>(jobs.size())));
  const auto runs = train_all(jobs, options.quiet);
  print_table(targets, losses, runs);
  if (!options.json.empty()) write_json(options.json, runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].snapshots.empty()) continue;
    const auto path = std::filesystem::path(options.out) / (runs[i].target + "_" + runs[i].loss);
    write_text(path.string() + ".svg", toy::samples_svg(*jobs[i].target, runs[i]).str());
    toy::samples_png(*jobs[i].target, runs[i]).write_png(path.string() + ".png");
    std::printf("wrote %s.svg and .png\n", path.string().c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.threads = static_cast<long>(std::max(1u, std::thread::hardware_concurrency()));
  CLI::App program("Trains GANs on mixtures of normal distributions and counts the modes they cover.",
                   "gan_toy2d");
  add_options(program, options);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  try {
    run_program(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gan_toy2d: error: %s\n", error.what());
    return 1;
  }
}
