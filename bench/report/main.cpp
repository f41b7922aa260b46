// rapt-bench-report: every case of the benchmark beside its peers, in one table. --help says how.
#include "report/contest.hpp"
#include "report/libraries.hpp"
#include "report/memory.hpp"
#include "report/options.hpp"
#include "report/peak.hpp"
#include "report/print.hpp"
#include "report/properties.hpp"

#include <cstdio>
#include <exception>
#include <fstream>

namespace rapt_bench {
namespace {

struct Team {
  std::vector<std::unique_ptr<Library>> libraries;  // ours first
  std::vector<std::string> absent;                  // why each peer that is missing is
};

Team assemble(int threads) {
  Team team;
  const auto join = [&](std::unique_ptr<Library> (*make)()) {
    team.libraries.push_back(make());
    team.libraries.back()->set_threads(threads);
  };
  join(make_rapt);
  join(make_eigen);
#ifdef RAPT_BENCH_OPENBLAS
  join(make_openblas);
#else
  team.absent.push_back(
      "openblas: not found when this was built (on Debian: apt-get install libopenblas-dev)");
#endif
#ifdef RAPT_BENCH_TORCH
  join(make_torch);
#else
  team.absent.push_back(
      "libtorch: not built in (on Debian: apt-get install libtorch-dev, then -D RAPT_BENCH_TORCH=ON)");
#endif
#ifdef RAPT_BENCH_ORT
  try {
    join(make_onnxruntime);
  } catch (const std::exception& error) {
    team.absent.push_back(std::string("onnxruntime: ") + error.what());
  }
#else
  team.absent.push_back("onnxruntime: not built in (-D RAPT_BENCH_ORT=<path of libonnxruntime.so>)");
#endif
#ifdef RAPT_BENCH_DLIB
  join(make_dlib);
#else
  team.absent.push_back("dlib: not found when this was built (on Debian: apt-get install libdlib-dev)");
#endif
  return team;
}

/// The process that extra_memory starts.
int print_memory(const Options& options) {
  const std::string &name = options.memory_of[0], &library = options.memory_of[1],
                    &way = options.memory_of[2];
  const Team team = assemble(options.threads);
  const auto problem = find_case(name).problem();
  for (const auto& member : team.libraries) {
    if (member->name() != library) continue;
    for (const Side& side : problem->pose(*member)) {
      if (side.way != way) continue;
      const auto rise = rise_of_resident_set(side.run, [&] {
        double bytes = 0;
        if (side.holds_results) return bytes;
        for (const Numbers& result : side.results())
          bytes += sizeof(float) * static_cast<double>(result.size());
        return bytes;
      });
      if (rise) std::printf("%.0f\n", *rise);
      return 0;
    }
  }
  return 1;
}

/// Those whose name contains the filter.
template <class Named>
std::vector<Named> chosen(std::vector<Named> all, const std::string& filter) {
  std::erase_if(all, [&](const Named& one) { return one.name.find(filter) == std::string::npos; });
  return all;
}

/// Puts the best of two measurements first.
void keep_better(std::vector<Peak>& peaks, const std::vector<Peak>& others) {
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    peaks[i].operations_per_second =
        std::max(peaks[i].operations_per_second, others[i].operations_per_second);
  }
}

void print_circumstances(const Options& options, const Team& team, const std::vector<Peak>& peaks) {
  std::printf("\nratio = peer's time / ours; ");
  std::printf(options.threads == 1 ? "1 thread, CPU time\n" : "%d threads, wall clock\n", options.threads);
  std::printf("peak, GFLOP/s:");
  for (const Peak& p : peaks) {
    std::printf(" %s %.1f%s", p.width.c_str(), p.operations_per_second * 1e-9,
                &p == &reference_peak(peaks) ? " (the 100 %)" : "");
  }
  std::printf("\n");
  for (const auto& library : team.libraries) {
    if (library->version().empty()) continue;
    std::printf("%s: %s\n", std::string(library->name()).c_str(), library->version().c_str());
  }
  for (const std::string& line : team.absent) std::printf("left out: %s\n", line.c_str());
}

int report(const Options& options) {
  const auto cases = chosen(all_cases(), options.filter);
  const auto properties = chosen(all_properties(), options.filter);
  if (cases.empty() && properties.empty()) {
    throw UsageError("no case contains '" + options.filter + "'; --list prints their names");
  }
  if (options.list) {
    for (const Case& c : cases) std::printf("%s\n", c.name.c_str());
    for (const PropertyCase& p : properties) std::printf("%s\n", p.name.c_str());
    return 0;
  }
  std::ofstream json_file;
  if (!options.json.empty()) json_file.open(options.json);
  const auto expect_json = [&] {
    if (!json_file) throw std::runtime_error("cannot write " + options.json);
  };
  expect_json();  // now rather than after ten minutes
  Team team = assemble(options.threads);
  auto peaks = measure_peaks(options.threads);
  std::vector<CaseResult> results;
  bool agreed = true;
  for (const Case& c : cases) {
    std::fprintf(stderr, "%s\n", c.name.c_str());
    try {
      results.push_back(run_contest(c, team.libraries, {options.rounds, options.threads}));
    } catch (const Disagreement& error) {
      std::fprintf(stderr, "rapt-bench-report: %s\n", error.what());
      agreed = false;
    }
  }
  std::vector<MeasuredProperty> measured;
  for (const PropertyCase& p : properties) {
    std::fprintf(stderr, "%s\n", p.name.c_str());
    try {
      measured.push_back({p.name, p.measure(*team.libraries.front(), options.rounds)});
    } catch (const std::runtime_error& error) {
      team.absent.push_back(p.name + ": " + error.what());
    }
  }
  keep_better(peaks, measure_peaks(options.threads));  // the clock rate may have risen meanwhile
  const double peak = reference_peak(peaks).operations_per_second;

  if (!results.empty()) std::printf("%s", table(results, peak).c_str());
  if (!measured.empty()) std::printf("%s%s", results.empty() ? "" : "\n", property_table(measured).c_str());
  print_circumstances(options, team, peaks);
  if (!options.json.empty()) {
    json_file << json(results, peak, options.threads) << std::flush;
    expect_json();
  }
  return agreed ? 0 : 1;
}

}  // namespace
}  // namespace rapt_bench

int main(int argc, char** argv) {
  using namespace rapt_bench;
  try {
    const Options options = parse_options({argv + 1, argv + argc});
    if (options.help) return std::fputs(help_text().c_str(), stdout) < 0;
    return options.memory_of.empty() ? report(options) : print_memory(options);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "rapt-bench-report: %s (--help says what there is)\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rapt-bench-report: %s\n", error.what());
    return 1;
  }
}
