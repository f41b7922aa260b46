#include <rapt/recommend/attention_gan_settings.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

TEST_CASE("AttentionGanSettings sets what a switch turns off to the value that means off",
          "[recommend][attention_gan_settings]") {
  rapt::AttentionGanSettings settings;
  settings.linear_path.sharpness = 1.3;
  settings.generator_weight = 0.3;
  CHECK(settings.effective() == settings);

  settings.attention = false;
  auto off = settings.effective();
  CHECK(off.linear_path.sharpness == 1);
  CHECK(off.generator.size.attention == 0);
  CHECK(off.discriminator.sharpness.empty());
  CHECK(off.generator_weight == 0.3);

  settings.attention = true;
  settings.linear = false;
  off = settings.effective();
  CHECK(off.generator_weight == 1);
  CHECK(off.linear_path.sharpness == 1.3);
  CHECK(off.effective() == off);
}

TEST_CASE("AttentionGanSettings are right as they come and name what is out of range",
          "[recommend][attention_gan_settings][errors]") {
  using Settings = rapt::AttentionGanSettings;
  const auto message = [](const std::function<void(Settings&)>& change) {
    Settings settings;
    change(settings);
    try {
      settings.check();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message([](Settings&) {}) == "no error");
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(message([](Settings& s) { s.linear_path.lambda = 0; }) ==
        "LinearPathSettings: lambda is 0, expected a positive number");
  CHECK(message([&](Settings& s) { s.linear_path.lambda = infinity; }) ==
        "LinearPathSettings: lambda is inf, expected a positive number");
  CHECK(message([](Settings& s) { s.linear_path.row_power = std::nan(""); }) ==
        "LinearPathSettings: row_power is nan, expected a finite number");
  CHECK(message([&](Settings& s) { s.linear_path.column_power = -infinity; }) ==
        "LinearPathSettings: column_power is -inf, expected a finite number");
  CHECK(message([](Settings& s) { s.linear_path.ridge = -0.5; }) ==
        "LinearPathSettings: ridge is -0.5, expected at least 0");
  CHECK(message([](Settings& s) { s.linear_path.sharpness = 0; }) ==
        "LinearPathSettings: sharpness is 0, expected a positive number");
  CHECK(message([](Settings& s) { s.generator.size.heads = 0; }) ==
        "GeneratorSettings: heads is 0, expected at least 1");
  CHECK(message([](Settings& s) { s.generator.batch = 0; }) ==
        "GeneratorSettings: batch is 0, expected at least 1");
  CHECK(message([](Settings& s) { s.generator.members = 0; }) ==
        "GeneratorSettings: members is 0, expected at least 1");
  CHECK(message([](Settings& s) { s.generator.mask_most = 1.5; }) ==
        "GeneratorSettings: mask_most is 1.5, expected " +
            rapt::detail::number_text(Settings{}.generator.mask_least) + " to 1");
  CHECK(message([](Settings& s) { s.generator.alpha = std::nan(""); }) ==
        "GeneratorSettings: alpha is nan, expected 0 to 1e+06");
  CHECK(message([&](Settings& s) { s.generator.rate = infinity; }) ==
        "GeneratorSettings: rate is inf, expected a positive number");
  CHECK(message([](Settings& s) { s.generator.rate = 0.5, s.generator.decay = 3; }) ==
        "GeneratorSettings: decay is 3, expected 0 to 2");
  CHECK(message([](Settings& s) { s.discriminator.folds = 1; }) ==
        "DiscriminatorSettings: folds is 1, expected at least 2");
  CHECK(message([](Settings& s) { s.discriminator.batch = -1; }) ==
        "DiscriminatorSettings: batch is -1, expected at least 1");
  CHECK(message([](Settings& s) { s.discriminator.weight = 2; }) ==
        "DiscriminatorSettings: weight is 2, expected 0 to 1");
  CHECK(message([](Settings& s) { s.generator_weight = -0.5; }) ==
        "AttentionGanSettings: generator_weight is -0.5, expected 0 to 1");
}
