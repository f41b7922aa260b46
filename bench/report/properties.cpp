#include "report/properties.hpp"

#include "report/cases.hpp"
#include "report/child.hpp"
#include "report/clock.hpp"
#include "report/contest.hpp"
#include "report/memory.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace rapt_bench {
namespace {

/// Measurements of the same two things by turns.
struct Pairs {
  std::vector<double> ours, other;

  static double shortest(const std::vector<double>& times) {
    return *std::min_element(times.begin(), times.end());
  }
  /// first / second.
  static std::pair<double, double> ratios(const std::vector<double>& first,
                                          const std::vector<double>& second) {
    std::vector<double> single;
    for (std::size_t n = 0; n < first.size(); ++n) single.push_back(first[n] / second[n]);
    return {shortest(first) / shortest(second), median(single)};
  }
};

Property two_threads(const std::string& case_name, Library& rapt, int rounds) {
  const auto problem = find_case(case_name).problem();
  const Sides sides = problem->pose(rapt);
  const auto turn = [&](int threads) {
    rapt.set_threads(threads);
    sides.front().run();
    const double begin = seconds_of(CLOCK_MONOTONIC);
    sides.front().run();
    return seconds_of(CLOCK_MONOTONIC) - begin;
  };
  Pairs pairs;
  for (int n = 0; n < (rounds > 0 ? rounds : 11); ++n) {
    pairs.ours.push_back(turn(2));
    pairs.other.push_back(turn(1));
  }
  rapt.set_threads(1);
  const auto [min, middle] = Pairs::ratios(pairs.other, pairs.ours);
  return {"2 threads " + milliseconds(Pairs::shortest(pairs.ours)) + " ms",
          "1 thread " + milliseconds(Pairs::shortest(pairs.other)) + " ms", "time of 1 / of 2, wall clock",
          min, middle};
}

Property plain_flags(const std::string& case_name, int rounds) {
  const auto folder = std::filesystem::path(own_path()).parent_path();
  const auto turn = [&](const char* program) {
    const auto text = output_of({(folder / program).string(), case_name});
    if (!text) throw std::runtime_error(std::string(program) + " is not beside the report");
    return std::strtod(text->c_str(), nullptr);
  };
  Pairs pairs;
  for (int n = 0; n < (rounds > 0 ? rounds : 7); ++n) {
    pairs.ours.push_back(turn("rapt-bench-plain"));
    pairs.other.push_back(turn("rapt-bench-native"));
  }
  const auto [min, middle] = Pairs::ratios(pairs.other, pairs.ours);
  return {"-O2 " + milliseconds(Pairs::shortest(pairs.ours)) + " ms",
          "-O3 -march=native -mtune=generic " + milliseconds(Pairs::shortest(pairs.other)) + " ms",
          "time of native / of -O2", min, middle};
}

Property memory_growth(const std::string& name, const std::string& half) {
  const auto whole = extra_memory(name, "rapt", ""), part = extra_memory(half, "rapt", "");
  if (!whole || !part) throw std::runtime_error("the system does not tell the peak of a process's memory");
  const double ratio = *whole / *part;
  return {mebibytes(*whole) + " MiB", "half the length " + mebibytes(*part) + " MiB", "extra memory, growth",
          ratio, ratio};
}

double include_seconds(const std::string& header) {
  std::vector<std::string> command{RAPT_BENCH_COMPILER, "-std=c++20", "-O2",
                                   "-fsyntax-only",     "-I",         RAPT_BENCH_INCLUDE};
  std::string folder;
  for (const char c : std::string(RAPT_BENCH_EIGEN_INCLUDE) + ":") {
    if (c != ':') {
      folder += c;
    } else if (!folder.empty()) {
      command.insert(command.end(), {"-isystem", std::exchange(folder, "")});
    }
  }
  command.insert(command.end(), {"-include", header, "-x", "c++", "/dev/null"});
  double seconds = 0;
  if (!output_of(command, &seconds))
    throw std::runtime_error(command.front() + " does not compile " + header);
  return seconds;
}
Property include_cost(const std::string& header, int rounds) {
  Pairs pairs;
  for (int n = 0; n < (rounds > 0 ? rounds : 3); ++n) {
    pairs.ours.push_back(include_seconds(header));
    pairs.other.push_back(include_seconds("Eigen/Core"));
  }
  const auto [min, middle] = Pairs::ratios(pairs.ours, pairs.other);
  return {text("%.2f s", Pairs::shortest(pairs.ours)),
          "Eigen/Core " + text("%.2f s", Pairs::shortest(pairs.other)),
          "-O2 -fsyntax-only, CPU time of ours / of Eigen", min, middle};
}

}  // namespace

std::vector<PropertyCase> all_properties() {
  std::vector<PropertyCase> all;
  const std::string trained = "attention_fb_8x8x512x64";
  all.push_back({"threads_" + trained, [=](Library& rapt, int n) { return two_threads(trained, rapt, n); }});
  for (const char* name : {"attention_forward_8x8x512x64", "attention_fb_8x8x512x64",
                           "attention_fb_128x4x50x32", "matmul_128x256x256", "matmul_512x512x512"}) {
    all.push_back({std::string("plain_") + name, [=](Library&, int n) { return plain_flags(name, n); }});
  }
  const std::string longest = "attention_fb_1x1x16384x64", half = "attention_fb_1x1x8192x64";
  all.push_back({"memory_growth_" + longest, [=](Library&, int) { return memory_growth(longest, half); }});
  for (const auto& [name, header] :
       {std::pair{"linear", "rapt/nn/linear.hpp"},
        std::pair{"multihead_attention", "rapt/attention/multihead_attention.hpp"},
        std::pair{"rapt", "rapt/rapt.hpp"}}) {
    all.push_back(
        {std::string("include_") + name, [=, h = header](Library&, int n) { return include_cost(h, n); }});
  }
  return all;
}

}  // namespace rapt_bench
