#pragma once
// The report's command line.

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rapt_bench {

struct Options {
  std::string filter, json;
  int rounds = 0;  // 0: as many as some twenty seconds a case allow, between 5 and 21
  int threads = 1;
  bool list = false, help = false;
  std::vector<std::string> memory_of;  // case, library, way: of the process that measures memory
};

struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};

/// \throws UsageError
Options parse_options(const std::vector<std::string>& words);

std::string help_text();

}  // namespace rapt_bench
