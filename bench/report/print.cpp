#include "report/print.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace rapt_bench {
namespace {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  std::array<char, 256> text{};
  const int n = std::snprintf(text.data(), text.size(), pattern, arguments...);
  return std::string(text.data(), std::min(static_cast<std::size_t>(std::max(n, 0)), text.size() - 1));
}
std::string milliseconds(double seconds) {
  const double ms = 1e3 * seconds;
  return format(ms < 0.1 ? "%.4f" : ms < 10 ? "%.3f" : "%.1f", ms);
}
std::string mebibytes(const std::optional<double>& bytes) {
  if (!bytes) return "";
  return format("%.1f", std::max(0.0, *bytes) / (1024 * 1024));
}

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - row[i].size(), ' ');
      line += i < 2 ? row[i] + pad + "  " : pad + row[i] + "  ";  // two columns of names, then numbers
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

double percent(const CaseResult& result, double peak) {
  return 100 * result.operations / result.seconds / peak;
}

}  // namespace

std::string table(const std::vector<CaseResult>& results, double peak) {
  std::vector<Row> rows{{"case", "peer", "ours ms", "peer ms", "ratio min", "median", "% of peak", "peer %",
                         "extra MiB", "peer MiB"}};
  for (const CaseResult& r : results) {
    const bool counted = r.operations > 0;
    const std::string ours = milliseconds(r.seconds), share = counted ? format("%.1f", percent(r, peak)) : "";
    if (r.peers.empty()) {
      rows.push_back({r.name, "-", ours, "", "", "", share, "", mebibytes(r.extra_memory), ""});
    }
    for (const PeerResult& p : r.peers) {
      rows.push_back({r.name, p.way.empty() ? p.peer : p.peer + " " + p.way, ours, milliseconds(p.seconds),
                      format("%.2f", p.ratio_min), format("%.2f", p.ratio_median), share,
                      counted ? format("%.1f", percent(r, peak) / p.ratio_min) : "",
                      mebibytes(r.extra_memory), mebibytes(p.extra_memory)});
    }
  }
  std::string text = aligned(rows);
  for (const CaseResult& r : results) {
    for (const std::string& warning : r.warnings) text += r.name + ": " + warning + "\n";
  }
  return text;
}

std::string json(const std::vector<CaseResult>& results, double peak, int threads) {
  std::string text;
  for (const CaseResult& r : results) {
    std::set<std::string> seen;
    for (const PeerResult& p : r.peers) {
      if (!seen.insert(p.peer).second) continue;
      text += text.empty() ? "[\n" : ",\n";
      text +=
          format(R"(  {"case": "%s", "peer": "%s", "threads": %d, "ratio_min": %.4f, "ratio_median": %.4f, )",
                 r.name.c_str(), p.peer.c_str(), threads, p.ratio_min, p.ratio_median);
      text += R"("percent_of_peak": )" + (r.operations > 0 ? format("%.2f", percent(r, peak)) : "null") + "}";
    }
  }
  return text.empty() ? "[]\n" : text + "\n]\n";
}

}  // namespace rapt_bench
