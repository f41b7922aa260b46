#include "report/memory.hpp"

#include "report/child.hpp"

#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <string_view>

namespace rapt_bench {
namespace detail {
namespace {

double kibibytes(const char* file, std::string_view label) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    if (word == label && in >> word) return 1024 * std::strtod(word.c_str(), nullptr);
  }
  return 0;
}

}  // namespace

bool forget_peak() {
  malloc_trim(0);
  std::ofstream out("/proc/self/clear_refs");
  out << "5" << std::flush;  // VmHWM starts again from here
  return static_cast<bool>(out) && resident_bytes() > 0;
}
double resident_bytes() { return kibibytes("/proc/self/smaps_rollup", "Rss:"); }
double peak_resident_bytes() { return kibibytes("/proc/self/status", "VmHWM:"); }

}  // namespace detail

std::optional<double> extra_memory(const std::string& case_name, const std::string& library,
                                   const std::string& way) {
  const auto text = output_of({own_path(), "--memory-of", case_name, library, way});
  if (!text || text->empty()) return {};
  return std::strtod(text->c_str(), nullptr);
}

}  // namespace rapt_bench
