#include "comparison.hpp"

#include "common/format.hpp"
#include "common/terminal.hpp"

#include <algorithm>
#include <cmath>

namespace recommender {
namespace {

constexpr std::size_t name_width = 27, figure_width = 8;

}  // namespace

MeanDeviation mean_deviation(const std::vector<double>& values) {
  MeanDeviation result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.deviation = std::sqrt(squares / (n - 1));
  return result;
}

const std::vector<FigureColumn>& figure_columns() {
  static const std::vector<FigureColumn> columns = [] {
    std::vector<FigureColumn> all;
    for (const rapt::Index n : {5, 20}) {
      for (const auto& [name, metric] : rapt::RankingMetrics::all()) {
        if (name == "MAP" || name == "HR") continue;
        all.push_back({std::string(name) + "@" + std::to_string(n), n, metric});
      }
    }
    return all;
  }();
  return columns;
}

MeanDeviation figure(const ModelRuns& model, const FigureColumn& column) {
  std::vector<double> values;
  for (const auto& run : model.runs) values.push_back(run.mean(column.cutoff).*column.metric);
  return mean_deviation(values);
}

std::string head_line() {
  std::string line = common::left("model", name_width);
  for (const auto& column : figure_columns()) line += common::right(column.name, figure_width);
  return common::bold(line + common::right("fit", 12)) + "\n";
}

std::string table_lines(const ModelRuns& model) {
  std::string means = common::left(model.name, name_width), deviations = common::left("", name_width);
  for (const auto& column : figure_columns()) {
    const auto [mean, deviation] = figure(model, column);
    means += common::right(common::share(mean), figure_width);
    deviations += common::right("\u00B1" + common::share(deviation), figure_width);
  }
  means += common::right(common::duration(mean_deviation(model.fit_seconds).mean), 12) + "\n";
  return model.runs.size() > 1 ? means + common::dim(deviations) + "\n" : means;
}

std::string paired_lines(const std::vector<ModelRuns>& models) {
  const auto ease =
      std::find_if(models.begin(), models.end(), [](const auto& model) { return model.name == "EASE"; });
  if (ease == models.end()) return "";
  std::string text;
  for (auto model = ease + 1; model != models.end(); ++model) {
    const auto d = rapt::paired_difference(model->runs[0], ease->runs[0], &rapt::RankingMetrics::ndcg, 20);
    text += "  " + common::left(model->name, name_width) + (d.mean < 0 ? "-" : "+") +
            common::share(std::abs(d.mean)) + " \u00B1 " + common::share(d.standard_error) + " (z " +
            common::fixed(d.z(), 1) + ")\n";
  }
  return text.empty() ? text : "NDCG@20 against EASE, user by user, with its standard error:\n" + text;
}

nlohmann::ordered_json comparison_json(const std::string& data, const std::vector<ModelRuns>& models) {
  nlohmann::ordered_json json{{"data", data}, {"models", nlohmann::ordered_json::array()}};
  for (const auto& model : models) {
    nlohmann::ordered_json entry{
        {"name", model.name}, {"seeds", model.runs.size()}, {"settings", model.settings}};
    for (const auto& chosen : model.chosen) entry["judge_weights"].push_back(chosen.at("judge_weight"));
    for (const auto& column : figure_columns()) {
      const auto [mean, deviation] = figure(model, column);
      entry[column.name] = {{"mean", mean}, {"sd", deviation}};
    }
    entry["fit_seconds"] = mean_deviation(model.fit_seconds).mean;
    json["models"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace recommender
