#include "report/options.hpp"

#include <charconv>
#include <functional>
#include <map>

namespace rapt_bench {
namespace {

int positive(const std::string& option, const std::string& text) {
  int n = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  if (error != std::errc{} || stop != end || n < 1) {
    throw UsageError(option + " is '" + text + "', expected a whole number of at least 1");
  }
  return n;
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  auto word = words.begin();
  const auto value = [&](const std::string& option) {
    if (++word == words.end()) throw UsageError(option + " expects a value");
    return *word;
  };
  const std::map<std::string, std::function<void(const std::string&)>> known{
      {"--json", [&](const std::string& o) { options.json = value(o); }},
      {"--filter", [&](const std::string& o) { options.filter = value(o); }},
      {"--rounds", [&](const std::string& o) { options.rounds = positive(o, value(o)); }},
      {"--threads", [&](const std::string& o) { options.threads = positive(o, value(o)); }},
      {"--list", [&](const std::string&) { options.list = true; }},
      {"--help", [&](const std::string&) { options.help = true; }},
      {"--memory-of", [&](const std::string& o) {
         for (int i = 0; i < 3; ++i) options.memory_of.push_back(value(o));
       }}};
  for (; word != words.end(); ++word) {
    const auto option = known.find(*word);
    if (option == known.end()) throw UsageError("unknown option '" + *word + "'");
    option->second(*word);
  }
  return options;
}

std::string help_text() {
  return
      R"(rapt-bench-report: measures rapt beside its peers and prints one table

  --filter TEXT   only cases whose name contains TEXT
  --rounds N      rounds of each case (default: 5 to 21, about twenty seconds a case)
  --threads N     threads of every library (default 1): one thread is measured by its CPU time, more by the
                  wall clock, for which the machine must be idle
  --json FILE     also writes [{"case", "peer", "threads", "ratio_min", "ratio_median", "percent_of_peak"}];
                  percent_of_peak is ours, null where a case is not bound by arithmetic
  --list          prints the cases' names
  --help          prints this

A ratio is the peer's time / ours, above 1 where ours is faster: "min" of the shortest times of all rounds,
"median" of the ratios of single rounds. In a round every library has one turn, ours first. Before that, all
results are compared; a difference ends the report with exit code 1. % of peak refers to the multiply-adds
of the widest vectors the processor has, measured in the same run; RAPT_SIMD=avx2 narrows both.
)";
}

}  // namespace rapt_bench
