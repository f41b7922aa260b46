// The baselines whose scores are sums over neighbours: of items, of users, by random walks, by SLIM.
#include "errors.hpp"
#include "model_kind.hpp"
#include "stored_tensor.hpp"

#include <rapt/recommend/item_knn.hpp>
#include <rapt/recommend/rp3_beta.hpp>
#include <rapt/recommend/slim.hpp>
#include <rapt/recommend/user_knn.hpp>

namespace recommender {
namespace {

rapt::ItemWeighting parse_weighting(const std::string& name) {
  if (name == "none") return rapt::ItemWeighting::none;
  if (name == "tf-idf") return rapt::ItemWeighting::tf_idf;
  if (name == "bm25") return rapt::ItemWeighting::bm25;
  throw UsageError("the weighting of interactions is '" + name + "', expected none, tf-idf or bm25");
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

template <class Model>
std::unique_ptr<rapt::Scorer> load_neighbours(const rapt::SafetensorsFile& file, const Settings&) {
  const auto offsets = file.tensor<rapt::Index, 1>("model.offsets"),
             items = file.tensor<rapt::Index, 1>("model.neighbours");
  const auto similarities = finite_tensor<1>(file, "model.similarities");
  rapt::expect_shape<1>("load_neighbours", "similarities", similarities.shape(), items.shape());
  std::vector<rapt::Neighbour> neighbours;
  for (rapt::Index k = 0; k < items.size(); ++k) neighbours.push_back({items(k), similarities(k)});
  return std::make_unique<Model>(std::vector<rapt::Index>(offsets.begin(), offsets.end()),
                                 std::move(neighbours));
}

/// A kind whose model is a NeighbourScorer: files and all, but for settings and fit.
template <class Model>
ModelKind neighbour_kind(std::string name) {
  ModelKind kind;
  kind.name = std::move(name);
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    save_neighbours(dynamic_cast<const rapt::NeighbourScorer&>(model), file);
  };
  kind.load = load_neighbours<Model>;
  return kind;
}

const std::vector<Settings> neighbour_counts{10, 20, 50, 100, 200, 400, 800};
const Settings knn_defaults{{"k", 100}, {"shrink", 10.0}, {"asymmetry", 0.5}, {"weighting", "none"}};
const std::vector<Axis> knn_axes{{"weighting", {"none", "tf-idf", "bm25"}},
                                 {"k", neighbour_counts},
                                 {"shrink", {0.0, 1.0, 5.0, 10.0, 30.0, 100.0}},
                                 {"asymmetry", {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}}};

template <class KnnSettings>
KnnSettings knn_settings(const Settings& s) {
  return {s.at("k").get<rapt::Index>(), s.at("shrink").get<double>(), s.at("asymmetry").get<double>(),
          parse_weighting(s.at("weighting").get<std::string>())};
}

ModelKind walk_kind(std::string name) {
  auto kind = neighbour_kind<rapt::Rp3Beta>(std::move(name));
  kind.defaults = {{"k", 100}, {"alpha", 1.0}, {"beta", 0.0}, {"normalize", false}};
  kind.axes = {{"alpha", {0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6}},
               {"k", neighbour_counts},
               {"normalize", {false, true}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    const Settings& s = request.settings;
    return std::make_unique<rapt::Rp3Beta>(
        rapt::Rp3Beta::fit(request.train, {s.at("k").get<rapt::Index>(), s.at("alpha").get<double>(),
                                           s.at("beta").get<double>(), s.at("normalize").get<bool>()}));
  };
  return kind;
}

}  // namespace

ModelKind item_knn_kind() {
  auto kind = neighbour_kind<rapt::ItemKnn>("ItemKNN");
  kind.defaults = knn_defaults;
  kind.axes = knn_axes;
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::ItemKnn>(
        rapt::ItemKnn::fit(request.train, knn_settings<rapt::ItemKnnSettings>(request.settings)));
  };
  return kind;
}

ModelKind user_knn_kind() {
  ModelKind kind;
  kind.name = "UserKNN";
  kind.defaults = knn_defaults;
  kind.axes = knn_axes;
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::UserKnn>(
        rapt::UserKnn::fit(request.train, knn_settings<rapt::UserKnnSettings>(request.settings)));
  };
  kind.save = [](const rapt::Scorer& model, rapt::SafetensorsWriter& file) {
    const auto rows = dynamic_cast<const rapt::UserKnn&>(model).train().by_user();
    rapt::Tensor<rapt::Index, 1> offsets({static_cast<rapt::Index>(rows.offsets.size())}),
        items({static_cast<rapt::Index>(rows.items.size())});
    std::copy(rows.offsets.begin(), rows.offsets.end(), offsets.begin());
    std::copy(rows.items.begin(), rows.items.end(), items.begin());
    file.put("model.offsets", offsets);
    file.put("model.items", items);
    rapt::Tensor<rapt::Index, 1> catalogue({1}, {model.items()});
    file.put("model.catalogue", catalogue);
  };
  kind.load = [](const rapt::SafetensorsFile& file, const Settings& s) -> std::unique_ptr<rapt::Scorer> {
    const auto offsets = file.tensor<rapt::Index, 1>("model.offsets"),
               items = file.tensor<rapt::Index, 1>("model.items"),
               catalogue = file.tensor<rapt::Index, 1>("model.catalogue");
    rapt::expect_shape<1>("UserKNN", "catalogue", catalogue.shape(), {1});
    std::vector<rapt::Interaction> pairs;
    for (rapt::Index u = 0; u + 1 < offsets.size(); ++u) {
      if (offsets(u) < 0 || offsets(u) > offsets(u + 1) || offsets(u + 1) > items.size())
        file.fail("tensor 'model.offsets': the offsets do not ascend from 0 to the number of items");
      for (rapt::Index k = offsets(u); k < offsets(u + 1); ++k) pairs.push_back({u, items(k)});
    }
    const rapt::Interactions train(std::max<rapt::Index>(offsets.size() - 1, 0), catalogue(0), pairs);
    return std::make_unique<rapt::UserKnn>(rapt::UserKnn::fit(train, knn_settings<rapt::UserKnnSettings>(s)));
  };
  return kind;
}

ModelKind p3alpha_kind() { return walk_kind("P3alpha"); }

ModelKind rp3beta_kind() {
  auto kind = walk_kind("RP3beta");
  kind.defaults["beta"] = 0.5;
  kind.axes.insert(kind.axes.begin(), {"beta", {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}});
  return kind;
}

ModelKind slim_kind() {
  auto kind = neighbour_kind<rapt::Slim>("SLIM");
  kind.defaults = {{"l1", 1.0}, {"l2", 100.0}};
  kind.axes = {{"l2", {3.0, 10.0, 30.0, 60.0, 100.0, 150.0, 200.0, 350.0, 500.0, 1000.0}},
               {"l1", {0.1, 0.2, 0.5, 1.0, 3.0, 10.0}}};
  kind.fit = [](const FitRequest& request) -> std::unique_ptr<rapt::Scorer> {
    return std::make_unique<rapt::Slim>(rapt::Slim::fit(
        request.train, {request.settings.at("l1").get<double>(), request.settings.at("l2").get<double>()}));
  };
  return kind;
}

}  // namespace recommender
