#include "report.hpp"

#include "statistics.hpp"

#include "common/format.hpp"

#include <cmath>

namespace sagan {
namespace {

using common::fixed;

struct Column {
  const char* title;
  std::size_t width;
};
constexpr Column columns[] = {{"", 17},         {"seed", 5},       {"Frechet", 9}, {"kernel", 9},
                              {"accuracy", 10}, {"precision", 10}, {"recall", 8},  {"nearer", 8},
                              {"seconds", 9},   {"parameters", 11}};

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

// The first is to the left, the others to the right.
std::string row(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i)
    line += i == 0 ? common::left(cells[i], columns[i].width) : common::right(cells[i], columns[i].width);
  return line + "\n";
}

std::vector<std::string> cells(const Run& run) {
  const Measures& m = run.measures;
  return {kind(run.attention),
          std::to_string(run.seed),
          fixed(m.frechet, 3),
          fixed(m.kernel, 4),
          percent(m.accuracy),
          percent(run.precision_recall.precision),
          percent(run.precision_recall.recall),
          fixed(run.memorization.nearer, 2),
          fixed(run.seconds, 1),
          std::to_string(run.parameters)};
}

std::string mean_line(const std::vector<Run>& runs, bool attention) {
  const auto frechet = spread(runs, attention, [](const Run& r) { return r.measures.frechet; });
  if (frechet.count == 0) return {};
  const auto accuracy = spread(runs, attention, [](const Run& r) { return 100 * r.measures.accuracy; });
  const auto seconds = spread(runs, attention, [](const Run& r) { return r.seconds; });
  return common::left(kind(attention) + ", " + std::to_string(frechet.count) + " seeds", 24) + "Frechet " +
         frechet.text(3) + ", accuracy " + accuracy.text(1) + " %, " + seconds.text(0) + " s\n";
}

// Means over the seeds at each point, of the kind that is there.
std::string curve_table(const std::vector<Run>& runs) {
  const auto mean = [&](bool attention, std::size_t at, auto value) {
    return spread(runs, attention, [&](const Run& r) { return value(r.curve.at(at)); });
  };
  std::string text = row({"mean at step", "", "Frechet", "without", "cpu s", "without"});
  for (std::size_t at = 0; at < runs.front().curve.size(); ++at) {
    const auto frechet = [](const Point& p) { return p.measures.frechet; };
    const auto seconds = [](const Point& p) { return p.cpu_seconds; };
    text += row({std::to_string(runs.front().curve[at].step), "", fixed(mean(true, at, frechet).mean, 3),
                 fixed(mean(false, at, frechet).mean, 3), fixed(mean(true, at, seconds).mean, 1),
                 fixed(mean(false, at, seconds).mean, 1)});
  }
  return text;
}

}  // namespace

nlohmann::ordered_json to_json(const std::vector<Run>& runs) {
  auto all = nlohmann::ordered_json::array();
  for (const Run& run : runs) {
    nlohmann::ordered_json one = {{"seed", run.seed},
                                  {"attention", run.attention},
                                  {"frechet", run.measures.frechet},
                                  {"kernel", run.measures.kernel},
                                  {"accuracy", run.measures.accuracy},
                                  {"seconds", run.seconds},
                                  {"parameters", run.parameters},
                                  {"cpu_seconds", run.cpu_seconds},
                                  {"steps", run.steps},
                                  {"precision", run.precision_recall.precision},
                                  {"recall", run.precision_recall.recall},
                                  {"nearer_to_training", run.memorization.nearer},
                                  {"generator_gamma", run.generator_gamma},
                                  {"discriminator_gamma", run.discriminator_gamma}};
    for (const Point& point : run.curve) {
      one["curve"].push_back({{"step", point.step},
                              {"seconds", point.seconds},
                              {"cpu_seconds", point.cpu_seconds},
                              {"frechet", point.measures.frechet},
                              {"kernel", point.measures.kernel},
                              {"accuracy", point.measures.accuracy}});
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string summary(const std::vector<Run>& runs, const Judge& judge) {
  std::vector<std::string> titles;
  for (const Column& column : columns) titles.emplace_back(column.title);
  std::string text = row(titles);
  for (const Run& run : runs) text += row(cells(run));
  text += "\nThe classifier is right about " + percent(judge.held_out_accuracy()) +
          " of the images held out; the training images lie at Frechet distance " +
          fixed(judge.train_frechet(), 3) + " from them.\n";
  const Run& last = runs.back();
  text += "Memorisation: a fake lies " + fixed(last.memorization.fake_median, 2) +
          " from its nearest training image, an image held out " +
          fixed(last.memorization.held_out_median, 2) + " (medians);\nthe fake is the nearer one in " +
          percent(last.memorization.nearer) +
          " of pairs (50 %: it treats them as any others, 100 %: it copies them).\n";
  text += "\n" + mean_line(runs, true) + mean_line(runs, false);
  const auto frechet = [](const Run& r) { return r.measures.frechet; };
  const Spread with = spread(runs, true, frechet), without = spread(runs, false, frechet);
  if (with.count > 0 && without.count > 0) {
    text += "\n" + curve_table(runs);
    const double change = with.mean - without.mean;
    text += "\nWith attention the Frechet distance is " + std::string(change < 0 ? "lower" : "higher") +
            " by " + fixed(std::abs(change), 3);
    if (with.count > 1 && without.count > 1) {
      text += " +- " + fixed(std::hypot(with.error(), without.error()), 3) + " (standard error)";
    }
    text += ", " + fixed(100 * std::abs(change) / without.mean, 1) + " %, at equal parameters and steps.\n";
  }
  return text;
}

}  // namespace sagan
