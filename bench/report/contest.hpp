#pragma once
// Runs one case: all sides in one process, turn by turn.

#include "report/cases.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rapt_bench {

/// Two libraries gave different results.
struct Disagreement : std::runtime_error {
  using runtime_error::runtime_error;
};

struct PeerResult {
  std::string peer, way;
  double seconds = 0;                      // shortest
  double ratio_min = 0, ratio_median = 0;  // peer / ours
  std::optional<double> extra_memory{};    // bytes
};
struct CaseResult {
  std::string name;
  double operations = 0;
  double seconds = 0;  // ours, shortest
  std::optional<double> extra_memory{};
  std::vector<PeerResult> peers{};  // a library that has several ways: the fastest first
  std::vector<std::string> warnings{};
};

struct ContestSettings {
  int rounds = 0;  // 0: as Options::rounds
  int threads = 1;
};

/// libraries[0] is ours.
/// \throws Disagreement
CaseResult run_contest(const Case& c, const std::vector<std::unique_ptr<Library>>& libraries,
                       ContestSettings settings);

double median(std::vector<double> values);

}  // namespace rapt_bench
