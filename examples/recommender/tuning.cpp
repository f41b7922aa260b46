#include "tuning.hpp"

#include <rapt/recommend/grid_search.hpp>

#include <algorithm>
#include <map>

namespace recommender {
namespace {

class Tuner {
 public:
  Tuner(const ModelKind& kind, std::span<const rapt::Split> holdouts, std::span<FitSession> sessions,
        common::Progress& progress)
      : kind_(kind), holdouts_(holdouts), sessions_(sessions), progress_(progress) {}

  /// Mean NDCG@20 over the holdouts; what was tried before is remembered.
  double score(const Settings& settings) {
    const auto [known, fresh] = scores_.try_emplace(settings.dump(), 0.0);
    if (!fresh) return known->second;
    known->second = rapt::mean_ndcg(holdouts_, 20, [&](const rapt::Interactions& train, std::size_t place) {
      return (kind_.fit_for_tuning ? kind_.fit_for_tuning
                                   : kind_.fit)({train, settings, 1, sessions_[place]});
    });
    const long tried = static_cast<long>(scores_.size());
    common::Step step{kind_.name + ": tuning", tried, tried};
    step.metric = known->second;
    step.note = describe(settings);
    progress_.show(step);
    return known->second;
  }
  long tried() const { return static_cast<long>(scores_.size()); }

  /// Moves along one axis; true where that helped.
  bool improve(const Axis& axis, Settings& settings) {
    const double before = score(settings);
    double best = before;
    if (!axis.values.front().is_number()) {
      for (const auto& value : axis.values) take_if_better(axis, value, settings, best);
      return best > before;
    }
    const double present = settings.at(axis.setting).get<double>();
    const auto above =
        std::upper_bound(axis.values.begin(), axis.values.end(), present,
                         [](double x, const Settings& value) { return x < value.get<double>(); });
    for (auto up = above; up != axis.values.end(); ++up) {
      if (!take_if_better(axis, *up, settings, best)) break;
    }
    if (best > before) return true;
    auto down = above;
    while (down != axis.values.begin()) {
      --down;
      if (down->get<double>() < present && !take_if_better(axis, *down, settings, best)) break;
    }
    return best > before;
  }

 private:
  bool take_if_better(const Axis& axis, const Settings& value, Settings& settings, double& best) {
    Settings other = settings;
    other[axis.setting] = value;
    const double reached = score(other);
    if (!(reached > best)) return false;
    best = reached;
    settings = std::move(other);
    return true;
  }

  const ModelKind& kind_;
  std::span<const rapt::Split> holdouts_;
  std::span<FitSession> sessions_;
  common::Progress& progress_;
  std::map<std::string, double> scores_;
};

}  // namespace

Tuned tune(const ModelKind& kind, const Settings& start, const std::set<std::string>& fixed,
           std::span<const rapt::Split> holdouts, std::span<FitSession> sessions,
           common::Progress& progress) {
  Tuner tuner(kind, holdouts, sessions, progress);
  Tuned tuned{start};
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round) {
    bool changed = false;
    for (const Axis& axis : kind.axes) {
      if (!fixed.contains(axis.setting)) changed = tuner.improve(axis, tuned.settings) || changed;
    }
    if (!changed) break;
  }
  if (tuner.tried() > 0) tuned.score = tuner.score(tuned.settings);
  tuned.fits = tuner.tried();
  return tuned;
}

}  // namespace recommender
