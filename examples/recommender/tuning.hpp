#pragma once
/// \file  Choosing a model's settings on holdouts.

#include "model_kind.hpp"

#include <rapt/recommend/split.hpp>

#include <set>
#include <span>
#include <string>

namespace recommender {

/// What tuning found.
struct Tuned {
  Settings settings;
  double score = 0;  // mean NDCG@20 of the holdouts
  long fits = 0;     // settings tried
};

/// Goes through the axes of the model in turn until none changes: a numeric axis is walked from the present
/// value towards the better neighbour for as long as that helps, of a list of words every one is tried.
/// \param sessions  one a holdout \param fixed  names of settings that are left alone
Tuned tune(const ModelKind& kind, const Settings& start, const std::set<std::string>& fixed,
           std::span<const rapt::Split> holdouts, std::span<FitSession> sessions, common::Progress& progress);

}  // namespace recommender
