// The baselines: popularity, nearest neighbours, EASE.
#include "errors.hpp"
#include "model_kind.hpp"
#include "stored_tensor.hpp"

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

void save_neighbours(const rapt::NeighbourScorer& model, rapt::SafetensorsWriter& file) {
  const auto count = static_cast<rapt::Index>(model.neighbours().size());
  rapt::Tensor<rapt::Index, 1> offsets({model.items() + 1}), items({count});
  rapt::Tensor<float, 1> similarities({count});
  std::copy(model.offsets().begin(), model.offsets().end(), offsets.begin());
  for (rapt::Index k = 0; k < count; ++k) {
    const auto& neighbour = model.neighbours()[static_cast<std::size_t>(k)];
    items(k) = neighbour.item;
    similarities(k) = neighbour.similarity;
  }
  file.put("model.offsets", offsets);
  file.put("model.neighbours", items);
  file.put("model.similarities", similarities);
}

std::unique_ptr<rapt::Scorer> load_neighbours(const rapt::SafetensorsFile& file) {
  const auto offsets = file.tensor<rapt::Index, 1>("model.offsets"),
             items = file.tensor<rapt::Index, 1>("model.neighbours");
  const auto similarities = finite_tensor<1>(file, "model.similarities");
  rapt::expect_shape<1>("ItemKNN", "similarities", similarities.shape(), items.shape());
  std::vector<rapt::Neighbour> neighbours;
  for (rapt::Index k = 0; k < items.size(); ++k) neighbours.push_back({items(k), similarities(k)});
  return std::make_unique<rapt::ItemKnn>(std::vector<rapt::Index>(offsets.begin(), offsets.end()),
                                         std::move(neighbours));
}

}  // namespace

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

ModelKind item_knn_kind() {
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
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    save_neighbours(dynamic_cast<const rapt::ItemKnn&>(model), file);
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings&) { return load_neighbours(file); };
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

}  // namespace recommender
