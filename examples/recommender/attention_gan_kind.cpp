// The attention-GAN as a kind of model, whole and with each part switched off.
#include "attention_gan_store.hpp"
#include "model_kind.hpp"

#include <rapt/recommend/attention_gan.hpp>

namespace recommender {
namespace {

using rapt::AttentionGan;
using rapt::AttentionGanSettings;

/// The settings that have a name on the command line.
Settings to_json(const AttentionGanSettings& s) {
  return {{"lambda", s.linear_path.lambda},
          {"row_power", s.linear_path.row_power},
          {"column_power", s.linear_path.column_power},
          {"ridge", s.linear_path.ridge},
          {"sharpness", s.linear_path.sharpness},
          {"generator_weight", s.generator_weight},
          {"dense", s.generator.size.dense},
          {"width", s.generator.size.attention},
          {"code", s.generator.size.code},
          {"alpha", s.generator.alpha},
          {"decay", s.generator.decay},
          {"epochs", s.generator.epochs},
          {"members", s.generator.members},
          {"candidates", s.discriminator.candidates},
          {"folds", s.discriminator.used_folds},
          {"judge_epochs", s.discriminator.epochs},
          {"judges", s.discriminator.members},
          {"judge_weight", s.discriminator.weight}};
}

AttentionGanSettings from_json(const Settings& json) {
  AttentionGanSettings s;
  json.at("lambda").get_to(s.linear_path.lambda);
  json.at("row_power").get_to(s.linear_path.row_power);
  json.at("column_power").get_to(s.linear_path.column_power);
  json.at("ridge").get_to(s.linear_path.ridge);
  json.at("sharpness").get_to(s.linear_path.sharpness);
  json.at("generator_weight").get_to(s.generator_weight);
  json.at("dense").get_to(s.generator.size.dense);
  json.at("width").get_to(s.generator.size.attention);
  json.at("code").get_to(s.generator.size.code);
  json.at("alpha").get_to(s.generator.alpha);
  json.at("decay").get_to(s.generator.decay);
  json.at("epochs").get_to(s.generator.epochs);
  json.at("members").get_to(s.generator.members);
  json.at("candidates").get_to(s.discriminator.candidates);
  json.at("folds").get_to(s.discriminator.used_folds);
  json.at("judge_epochs").get_to(s.discriminator.epochs);
  json.at("judges").get_to(s.discriminator.members);
  json.at("judge_weight").get_to(s.discriminator.weight);
  return s;
}

/// Parts that earlier fits on the same interactions have made.
rapt::FitContext& context_of(const FitRequest& request) {
  auto& shared = request.session.shared;
  if (!shared.has_value()) shared = std::make_shared<rapt::FitContext>();
  auto& context = *std::any_cast<std::shared_ptr<rapt::FitContext>&>(shared);
  context.progress = [progress = request.session.progress](const rapt::FitProgress& at) {
    if (progress == nullptr) return;
    common::Step step{at.stage, at.step, at.steps};
    step.loss = at.loss;
    progress->show(step);
  };
  return context;
}

struct Switches {
  bool linear = true, attention = true, adversary = true;
};

ModelKind kind_with(const std::string& name, Switches on) {
  ModelKind kind;
  kind.name = name;
  kind.seeded = true;
  kind.defaults = to_json({});
  const auto fit = [on](const FitRequest& request, bool adversary) {
    AttentionGanSettings settings = from_json(request.settings);
    settings.linear = on.linear;
    settings.attention = on.attention;
    settings.adversary = adversary;
    return std::make_unique<AttentionGan>(
        AttentionGan::fit(request.train, settings, request.seed, context_of(request)));
  };
  kind.fit = [fit, on](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return fit(request, on.adversary);
  };
  // The discriminator chooses its weight on its own out-of-fold lists; the rest is tuned without it.
  kind.fit_for_tuning = [fit](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return fit(request, false);
  };
  kind.report = [](const rapt::Scorer& scorer, Settings& settings) {
    const auto& parts = dynamic_cast<const AttentionGan&>(scorer).parts();
    settings["generator_weight"] = parts.settings.generator_weight;
    settings["sharpness"] = parts.settings.linear_path.sharpness;
    settings["judge_weight"] = parts.discriminator_weight;
  };
  kind.save = [](const rapt::Scorer& scorer, rapt::SafetensorsWriter& file) {
    save_attention_gan(dynamic_cast<const AttentionGan&>(scorer).parts(), file);
  };
  kind.load = [on](const rapt::SafetensorsFile& file, const Settings& json) -> std::unique_ptr<rapt::Scorer> {
    AttentionGanSettings settings = from_json(json);
    settings.linear = on.linear;
    settings.attention = on.attention;
    settings.adversary = on.adversary;
    return std::make_unique<AttentionGan>(load_attention_gan(file, settings.effective()));
  };
  kind.axes = {
      {"lambda",
       {5.0, 10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 110.0, 150.0, 200.0, 300.0, 450.0, 600.0, 900.0, 1300.0}},
      {"row_power", {0.0, 0.15, 0.3, 0.45, 0.6, 0.75}},
      {"ridge", {0.0, 0.3, 1.0, 2.0}},
      {"column_power", {0.0, 0.1, 0.2, 0.3}},
      {"sharpness", {1.0, 1.15, 1.3, 1.5, 1.75, 2.0}},
      {"generator_weight", {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}},
      {"epochs", {15, 25, 40, 60}},
      {"alpha", {0.1, 0.3, 0.6}}};
  if (!on.attention) std::erase_if(kind.axes, [](const Axis& axis) { return axis.setting == "sharpness"; });
  return kind;
}

}  // namespace

std::vector<ModelKind> attention_gan_kinds() {
  std::vector<ModelKind> kinds{kind_with("attention-gan", {}),
                               kind_with("attention-gan-no-adversary", {.adversary = false}),
                               kind_with("attention-gan-no-attention", {.attention = false}),
                               kind_with("attention-gan-no-linear", {.linear = false})};
  kinds[1].tuned_as = kinds[3].tuned_as = "attention-gan";  // what is left of them is the same
  // Without attention another penalty is best, so that ablation is tuned by itself: its loss is then
  // attention's gain.
  return kinds;
}

}  // namespace recommender
