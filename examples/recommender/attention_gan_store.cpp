#include "attention_gan_store.hpp"

#include "stored_tensor.hpp"

#include <rapt/io/model_file.hpp>

#include <memory>
#include <string>
#include <utility>

namespace recommender {
namespace {

std::string generator_prefix(std::size_t k) { return "model.generator." + std::to_string(k) + "."; }
std::string discriminator_prefix(std::size_t k) { return "model.discriminator." + std::to_string(k) + "."; }

std::shared_ptr<const rapt::LinearPath> load_linear(const rapt::SafetensorsFile& file, rapt::Index items,
                                                    double sharpness) {
  auto linear = std::make_shared<rapt::LinearPath>();
  linear->evidence = finite_tensor<2>(file, "model.linear.evidence");
  rapt::expect_shape<2>("attention-gan", "linear.evidence", linear->evidence.shape(), {items, items});
  linear->attend(sharpness);
  return linear;
}

void load_discriminators(const rapt::SafetensorsFile& file, rapt::AttentionGan::Parts& parts) {
  const auto& settings = parts.settings.discriminator;
  for (std::size_t k = 0; file.has(discriminator_prefix(k) + "feature_mean"); ++k) {
    rapt::RandomStream unused;
    const auto features = file.tensor<float, 1>(discriminator_prefix(k) + "feature_mean").size();
    rapt::CandidateDiscriminator<float> model(features, rapt::CandidateLists::relations, settings.sharpness,
                                              settings.hidden, unused);
    rapt::get_model(file, discriminator_prefix(k), model);
    parts.discriminators.push_back(std::move(model));
  }
  if (parts.discriminators.empty()) return;
  parts.relations = std::make_shared<const rapt::ItemRelations>(
      finite_tensor<1>(file, "model.relations.popularity"), finite_tensor<2>(file, "model.relations.cosine"));
  rapt::expect_shape<1>("attention-gan", "relations.popularity", parts.relations->popularity().shape(),
                        {parts.proposer.items()});
}

}  // namespace

void save_attention_gan(const rapt::AttentionGan::Parts& parts, rapt::SafetensorsWriter& file) {
  if (parts.proposer.linear != nullptr) file.put("model.linear.evidence", parts.proposer.linear->evidence);
  for (std::size_t k = 0; k < parts.proposer.generators.size(); ++k) {
    rapt::put_model(file, generator_prefix(k), *parts.proposer.generators[k]);
  }
  for (std::size_t k = 0; k < parts.discriminators.size(); ++k) {
    rapt::put_model(file, discriminator_prefix(k), parts.discriminators[k]);
  }
  if (!parts.discriminators.empty()) {
    file.put("model.relations.popularity", parts.relations->popularity());
    file.put("model.relations.cosine", parts.relations->cosine());
  }
  file.put("model.discriminator_weight", rapt::Tensor<double, 1>({1}, {parts.discriminator_weight}));
}

rapt::AttentionGan::Parts load_attention_gan(const rapt::SafetensorsFile& file,
                                             const rapt::AttentionGanSettings& settings) {
  rapt::AttentionGan::Parts parts;
  parts.settings = settings;
  parts.proposer.generator_weight = settings.generator_weight;
  if (file.has("model.linear.evidence")) {
    const rapt::Index items = file.entry("model.linear.evidence").shape.at(0);
    parts.proposer.linear = load_linear(file, items, settings.linear_path.sharpness);
  }
  for (std::size_t k = 0; file.has(generator_prefix(k) + "scores.bias"); ++k) {
    const rapt::Index items = file.tensor<float, 1>(generator_prefix(k) + "scores.bias").size();
    rapt::RandomStream unused;
    auto generator = std::make_shared<rapt::ProfileGenerator<float>>(items, settings.generator.size, unused);
    rapt::get_model(file, generator_prefix(k), *generator);
    if (items != (k == 0 && parts.proposer.linear == nullptr ? items : parts.proposer.items())) {
      file.fail("the generator has " + std::to_string(items) + " items, the other parts have " +
                std::to_string(parts.proposer.items()));
    }
    parts.proposer.generators.push_back(std::move(generator));
  }
  if (parts.proposer.linear == nullptr && parts.proposer.generators.empty()) {
    file.fail("has neither linear path nor generator");
  }
  load_discriminators(file, parts);
  const auto weight = file.tensor<double, 1>("model.discriminator_weight");
  rapt::expect_shape<1>("attention-gan", "discriminator_weight", weight.shape(), {1});
  if (!(weight(0) >= 0 && weight(0) <= 1)) file.fail("the discriminator's weight is not from 0 to 1");
  parts.discriminator_weight = weight(0);
  return parts;
}

}  // namespace recommender
