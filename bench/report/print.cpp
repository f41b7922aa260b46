#include "report/print.hpp"

#include "report/text.hpp"

#include <optional>
#include <set>

namespace rapt_bench {
namespace {

std::string mebibytes_or_nothing(const std::optional<double>& bytes) {
  return bytes ? mebibytes(*bytes) : "";
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
    const std::string ours = milliseconds(r.seconds), share = counted ? text("%.1f", percent(r, peak)) : "";
    if (r.peers.empty()) {
      rows.push_back({r.name, "-", ours, "", "", "", share, "", mebibytes_or_nothing(r.extra_memory), ""});
    }
    for (const PeerResult& p : r.peers) {
      rows.push_back({r.name, p.way.empty() ? p.peer : p.peer + " " + p.way, ours, milliseconds(p.seconds),
                      text("%.2f", p.ratio_min), text("%.2f", p.ratio_median), share,
                      counted ? text("%.1f", percent(r, peak) / p.ratio_min) : "",
                      mebibytes_or_nothing(r.extra_memory), mebibytes_or_nothing(p.extra_memory)});
    }
  }
  std::string all = aligned(rows, 2);
  for (const CaseResult& r : results) {
    for (const std::string& warning : r.warnings) all += r.name + ": " + warning + "\n";
  }
  return all;
}

std::string property_table(const std::vector<MeasuredProperty>& properties) {
  std::vector<Row> rows{{"of rapt alone", "ours", "beside", "ratio of", "min", "median"}};
  for (const auto& [name, p] : properties) {
    rows.push_back(
        {name, p.ours, p.other, p.ratio_of, text("%.2f", p.ratio_min), text("%.2f", p.ratio_median)});
  }
  return aligned(rows, 4);
}

std::string json(const std::vector<CaseResult>& results, double peak, int threads) {
  std::string all;
  for (const CaseResult& r : results) {
    std::set<std::string> seen;
    for (const PeerResult& p : r.peers) {
      if (!seen.insert(p.peer).second) continue;
      all += all.empty() ? "[\n" : ",\n";
      all +=
          text(R"(  {"case": "%s", "peer": "%s", "threads": %d, "ratio_min": %.4f, "ratio_median": %.4f, )",
               r.name.c_str(), p.peer.c_str(), threads, p.ratio_min, p.ratio_median);
      all += R"("percent_of_peak": )" + (r.operations > 0 ? text("%.2f", percent(r, peak)) : "null") + "}";
    }
  }
  return all.empty() ? "[]\n" : all + "\n]\n";
}

}  // namespace rapt_bench
