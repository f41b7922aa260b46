// The baselines that score by dense tensors: popularity, EASE, factors.
#include "model_kind.hpp"
#include "stored_tensor.hpp"

#include <rapt/recommend/ease.hpp>
#include <rapt/recommend/ials.hpp>
#include <rapt/recommend/pure_svd.hpp>
#include <rapt/recommend/top_pop.hpp>

#include <algorithm>

namespace recommender {
ModelKind top_pop_kind() {
  ModelKind kind;
  kind.name = "TopPop";
  kind.defaults = Settings::object();
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::TopPop>(rapt::TopPop::fit(request.train));
  };
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    file.put("model.counts", dynamic_cast<const rapt::TopPop&>(model).counts());
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings&) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::TopPop>(finite_tensor<1>(file, "model.counts"));
  };
  return kind;
}

ModelKind ease_kind() {
  ModelKind kind;
  kind.name = "EASE";
  kind.defaults = {{"lambda", 100.0}};
  kind.axes = {{"lambda",
                {1.0, 3.0, 5.0, 10.0, 20.0, 30.0, 45.0, 70.0, 100.0, 150.0, 200.0, 300.0, 450.0, 700.0,
                 1000.0, 1500.0, 2500.0}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::Ease>(
        rapt::Ease::fit(request.train, {request.settings.at("lambda").get<double>()}));
  };
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    file.put("model.weights", dynamic_cast<const rapt::Ease&>(model).weights());
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings&) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::Ease>(finite_tensor<2>(file, "model.weights"));
  };
  return kind;
}

ModelKind pure_svd_kind() {
  ModelKind kind;
  kind.name = "PureSVD";
  kind.defaults = {{"factors", 50}};
  kind.axes = {{"factors", {5, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    const auto factors = request.settings.at("factors").get<rapt::Index>();
    return std::make_unique<rapt::PureSvd>(
        rapt::PureSvd::fit(request.train, {std::min(factors, request.train.items())}));
  };
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    file.put("model.vectors", dynamic_cast<const rapt::PureSvd&>(model).vectors());
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings&) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::PureSvd>(finite_tensor<2>(file, "model.vectors"));
  };
  return kind;
}

ModelKind ials_kind() {
  ModelKind kind;
  kind.name = "iALS";
  kind.seeded = true;
  kind.defaults = {{"factors", 64}, {"alpha", 0.1}, {"regularization", 0.003}, {"epochs", 10}};
  kind.axes = {{"factors", {16, 32, 64, 128, 256}},
               {"regularization", {0.0003, 0.001, 0.003, 0.01, 0.03, 0.1}},
               {"alpha", {0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5}},
               {"epochs", {5, 10, 20}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    const Settings& s = request.settings;
    return std::make_unique<rapt::Ials>(rapt::Ials::fit(
        request.train,
        {s.at("factors").get<rapt::Index>(), s.at("alpha").get<double>(),
         s.at("regularization").get<double>(), s.at("epochs").get<rapt::Index>(), request.seed}));
  };
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    file.put("model.factors", dynamic_cast<const rapt::Ials&>(model).factors());
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings& s) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::Ials>(finite_tensor<2>(file, "model.factors"), s.at("alpha").get<double>(),
                                        s.at("regularization").get<double>());
  };
  return kind;
}

}  // namespace recommender
