#pragma once
// Extra memory of one call: how far the resident set of a fresh process rises above its operands, less the
// results. It counts the heap, mappings, stacks, and the few pages of code that the first call touches.

#include <optional>
#include <string>

namespace rapt_bench {

/// Starts the report again as a process that only runs one side of one case once, and returns the bytes that
/// this process measured; nothing where the system does not tell.
std::optional<double> extra_memory(const std::string& case_name, const std::string& library,
                                   const std::string& way);

/// What that process runs: `run` once; `results` tells the bytes of its results, asked afterwards.
template <class Run, class Results>
std::optional<double> rise_of_resident_set(Run&& run, Results&& results);

namespace detail {
bool forget_peak();
double resident_bytes();
double peak_resident_bytes();
}  // namespace detail

template <class Run, class Results>
std::optional<double> rise_of_resident_set(Run&& run, Results&& results) {
  if (!detail::forget_peak()) return {};
  const double before = detail::resident_bytes();
  run();
  return detail::peak_resident_bytes() - before - results();
}

}  // namespace rapt_bench
