#include <rapt/gan/gan_symptoms.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using rapt::GanRecord;
using SymptomOf = std::string (*)(std::span<const GanRecord>, const rapt::GanThresholds&);

/// What a symptom says at the end of a history of one number.
std::string symptom_after(SymptomOf symptom, double GanRecord::*number, const std::vector<double>& values,
                          GanRecord known = {}) {
  std::vector<GanRecord> history;
  for (const double value : values) {
    history.push_back(known);
    history.back().*number = value;
  }
  return symptom(history, {});
}

}  // namespace

TEST_CASE("A collapse shows in fakes that lie together", "[gan][gan_symptoms]") {
  const auto symptom = &rapt::detail::collapse_symptom;
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.05}) ==
        "fakes are 0.05 times as far apart as real samples (mean distance of two)");
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.3}).empty());
  // It was better before: a quarter of the best that two epochs have had, and of no more than the real
  // spread.
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.9, 0.9, 0.2}) ==
        "fakes are 0.2 times as far apart as real samples (mean distance of two), after 0.9 times at best");
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.5, 0.9, 0.2}).empty());
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.9, 0.9, 0.3}).empty());
  CHECK(symptom_after(symptom, &GanRecord::spread, {5, 5, 5, 0.9}).empty());
  // A fresh generator that is on its way up.
  CHECK(symptom_after(symptom, &GanRecord::spread, {0.03, 0.04, 0.06}).empty());
  CHECK(!symptom_after(symptom, &GanRecord::spread, {0.03, 0.04, 0.042}).empty());
  CHECK(!symptom_after(symptom, &GanRecord::spread, {0.9, 0.9, 0.01, 0.02, 0.04}).empty());
}

TEST_CASE("A collapse shows in regions that fakes have left", "[gan][gan_symptoms]") {
  const auto symptom = &rapt::detail::collapse_symptom;
  CHECK(symptom_after(symptom, &GanRecord::gap, {0.05, 0.05, 0.45}) ==
        "a real sample's nearest fake is 0.45 of the real samples' mean distance away, after 0.05 at best");
  CHECK(symptom_after(symptom, &GanRecord::gap, {0.05, 0.05, 0.2}).empty());
  CHECK(symptom_after(symptom, &GanRecord::gap, {0.6, 0.6, 0.9}).empty());
  CHECK(symptom_after(symptom, &GanRecord::gap, {0.9}).empty());
}

TEST_CASE("A vanishing gradient shows in the slopes and norms of the generator", "[gan][gan_symptoms]") {
  const auto symptom = &rapt::detail::vanishing_symptom;
  GanRecord sure;
  sure.real_probability = 0.999;
  sure.fake_probability = 0.002;
  CHECK(symptom_after(symptom, &GanRecord::generator_signal, {0.002}, sure) ==
        "the loss hands 0.2 % of the discriminator's verdict to the generator while D(real) is 0.999 and "
        "D(fake) 0.002");
  CHECK(symptom_after(symptom, &GanRecord::generator_signal, {0.4}, sure).empty());
  GanRecord weights;
  weights.generator_weight_norm = 10;
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {5e-5}, weights) ==
        "the generator's gradient has norm 5e-05");
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {5e-4}, weights).empty());
  // A critic of tiny logits has tiny gradients, which are not small for it.
  weights.real_logit = 1e-3;
  weights.fake_logit = -1e-3;
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {5e-5}, weights).empty());
  CHECK(!symptom_after(symptom, &GanRecord::generator_gradient_norm, {0}, weights).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {1, 2, 3, 1e-3}) ==
        "the generator's gradient has norm 0.001, against 2 in the run's median");
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {1, 2, 3, 3e-3}).empty());
}

TEST_CASE("A divergence shows in what grows beyond the run's own measure", "[gan][gan_symptoms]") {
  const auto symptom = &rapt::detail::divergence_symptom;
  CHECK(symptom_after(symptom, &GanRecord::discriminator_loss, {1.3, -15, -30}) ==
        "the discriminator's loss has grown from -15 to -30 in one epoch");
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1.3, 0.9, 15}).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1.3, 40, 30}).empty());
  // A critic of slope 1 may tell samples by as much as they are apart, and a loss may begin high.
  GanRecord wide;
  wide.real_distance = 10;
  CHECK(symptom_after(symptom, &GanRecord::discriminator_loss, {1.3, -15, -30}, wide).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {900, 950, 990}).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1500}) == "the generator's loss is 1.5e+03");
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1500, 1490}) ==
        "the generator's loss is 1.49e+03");
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1500, 1400}).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_loss, {1500}, wide).empty());
  CHECK(symptom_after(symptom, &GanRecord::generator_gradient_norm, {1, 2, 3, 5000}) ==
        "the generator's gradient has norm 5e+03, against 2 in the run's median");
  CHECK(symptom_after(symptom, &GanRecord::shift, {1, 1, 12}) ==
        "the fakes are 12 times the real samples' deviation off in the mean and getting farther");
  CHECK(symptom_after(symptom, &GanRecord::shift, {100, 90, 80}).empty());
  CHECK(symptom_after(symptom, &GanRecord::spread, {2, 9, 30}) ==
        "the fakes are 30 times as far apart as real samples and getting farther");
}

TEST_CASE("What was not measured shows no symptom", "[gan][gan_symptoms]") {
  const std::vector<GanRecord> history(6);
  CHECK(rapt::detail::collapse_symptom(history, {}).empty());
  CHECK(rapt::detail::vanishing_symptom(history, {}).empty());
  CHECK(rapt::detail::divergence_symptom(history, {}).empty());
}
