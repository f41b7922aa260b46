#pragma once
/// \file  The models that the program knows. Adding one is one function, named in model_kind.cpp.

#include "settings.hpp"

#include "common/progress.hpp"

#include <rapt/io/safetensors.hpp>
#include <rapt/io/safetensors_writer.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/scorer.hpp>

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace recommender {

/// What several fits on the same interactions share.
struct FitSession {
  common::Progress* progress = nullptr;  // may be null
  std::any shared;                       // whatever a model wants to keep for the next fit
};

/// One fit.
struct FitRequest {
  const rapt::Interactions& train;
  const Settings& settings;
  std::uint64_t seed = 1;
  FitSession& session;
};

/// A setting with the values that tuning may try: numbers ascending, or words.
struct Axis {
  std::string setting;
  std::vector<Settings> values;
};

/// A kind of model.
struct ModelKind {
  std::string name;        // as in tables and on the command line
  bool seeded = false;     // whether another seed gives another model
  Settings defaults;       // every setting with its default
  std::vector<Axis> axes;  // what is tuned
  std::string tuned_as;    // an ablation takes the tuned settings of this model
  std::function<std::unique_ptr<rapt::Scorer>(const FitRequest&)> fit;
  /// What tuning fits instead, where a part of the model chooses for itself; may be empty.
  std::function<std::unique_ptr<rapt::Scorer>(const FitRequest&)> fit_for_tuning;
  std::function<void(const rapt::Scorer&, Settings&)> report;  // adds what the fit itself chose; may be empty
  std::function<void(const rapt::Scorer&, rapt::SafetensorsWriter&)> save;
  /// \throws rapt::FormatError, std::invalid_argument, std::out_of_range where the file makes no sense
  std::function<std::unique_ptr<rapt::Scorer>(const rapt::SafetensorsFile&, const Settings&)> load;
};

/// The baselines.
ModelKind top_pop_kind();
ModelKind item_knn_kind();
ModelKind user_knn_kind();
ModelKind p3alpha_kind();
ModelKind rp3beta_kind();
ModelKind pure_svd_kind();
ModelKind ials_kind();
ModelKind slim_kind();
ModelKind ease_kind();
/// The attention-GAN and its ablations: without discriminator, without attention, without linear path.
std::vector<ModelKind> attention_gan_kinds();

/// All of them, in the order of the table.
const std::vector<ModelKind>& model_kinds();
/// \throws UsageError that names those there are
const ModelKind& find_model_kind(const std::string& name);

}  // namespace recommender
