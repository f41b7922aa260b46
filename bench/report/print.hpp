#pragma once
// The report as text and as JSON.

#include "report/contest.hpp"
#include "report/properties.hpp"

#include <string>
#include <vector>

namespace rapt_bench {

/// One line for each case and peer.
std::string table(const std::vector<CaseResult>& results, double peak);

struct MeasuredProperty {
  std::string name;
  Property property;
};
std::string property_table(const std::vector<MeasuredProperty>& properties);

/// [{"case", "peer", "threads", "ratio_min", "ratio_median", "percent_of_peak"}]: one entry for each case and
/// peer; a peer that has several ways is there with its fastest.
std::string json(const std::vector<CaseResult>& results, double peak, int threads);

}  // namespace rapt_bench
