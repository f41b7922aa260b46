#include "model_kind.hpp"

#include "errors.hpp"

#include <rapt/recommend/ease.hpp>
#include <rapt/recommend/item_knn.hpp>
#include <rapt/recommend/top_pop.hpp>

namespace recommender {
namespace {

rapt::ItemWeighting parse_weighting(const std::string& name) {
  if (name == "none") return rapt::ItemWeighting::none;
  if (name == "tf-idf") return rapt::ItemWeighting::tf_idf;
  if (name == "bm25") return rapt::ItemWeighting::bm25;
  throw UsageError("ItemKNN.weighting is '" + name + "', expected none, tf-idf or bm25");
}

ModelKind top_pop() {
  ModelKind kind;
  kind.name = "TopPop";
  kind.defaults = Settings::object();
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::TopPop>(rapt::TopPop::fit(request.train));
  };
  return kind;
}

ModelKind item_knn() {
  ModelKind kind;
  kind.name = "ItemKNN";
  kind.defaults = {{"k", 100}, {"shrink", 10.0}, {"asymmetry", 0.5}, {"weighting", "none"}};
  kind.axes = {{"weighting", {"none", "tf-idf", "bm25"}},
               {"k", {10, 20, 50, 100, 200, 400, 800}},
               {"shrink", {0.0, 1.0, 5.0, 10.0, 30.0, 100.0}},
               {"asymmetry", {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    const Settings& s = request.settings;
    const rapt::ItemKnnSettings settings{s.at("k").get<rapt::Index>(), s.at("shrink").get<double>(),
                                         s.at("asymmetry").get<double>(),
                                         parse_weighting(s.at("weighting").get<std::string>())};
    return std::make_unique<rapt::ItemKnn>(rapt::ItemKnn::fit(request.train, settings));
  };
  return kind;
}

ModelKind ease() {
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
  return kind;
}

}  // namespace

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> kinds = [] {
    std::vector<ModelKind> all{top_pop(), item_knn(), ease()};
    for (auto& kind : attention_gan_kinds()) all.push_back(std::move(kind));
    return all;
  }();
  return kinds;
}

const ModelKind& find_model_kind(const std::string& name) {
  std::string known;
  for (const auto& kind : model_kinds()) {
    if (kind.name == name) return kind;
    known += (known.empty() ? "" : ", ") + kind.name;
  }
  throw UsageError("there is no model '" + name + "', there are " + known);
}

}  // namespace recommender
