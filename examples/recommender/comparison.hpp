#pragma once
/// \file  The figures of several models on one test, as table and as JSON.

#include "settings.hpp"

#include <rapt/recommend/evaluate.hpp>

#include <string>
#include <vector>

namespace recommender {

/// One model's runs, one a seed.
struct ModelRuns {
  std::string name;
  Settings settings;
  std::vector<rapt::Evaluation> runs;
  std::vector<double> fit_seconds;
  std::vector<Settings>
      chosen;  // the settings with what each fit chose itself; empty where fits choose nothing
};

/// Mean and sample deviation over the runs.
struct MeanDeviation {
  double mean = 0, deviation = 0;
};
MeanDeviation mean_deviation(const std::vector<double>& values);

/// `P@5` ... `NDCG@20` in the order of the table, with the value of each run.
struct FigureColumn {
  std::string name;
  rapt::Index cutoff;
  double rapt::RankingMetrics::*metric;
};
const std::vector<FigureColumn>& figure_columns();
MeanDeviation figure(const ModelRuns& model, const FigureColumn& column);

/// Lines of the table; deviations stand below their means where there was more than one seed.
std::string head_line();
std::string table_lines(const ModelRuns& model);
/// How the last models of the table differ from EASE, user by user, where EASE was run.
std::string paired_lines(const std::vector<ModelRuns>& models);

nlohmann::ordered_json comparison_json(const std::string& data, const std::vector<ModelRuns>& models);

}  // namespace recommender
