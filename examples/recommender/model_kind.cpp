#include "model_kind.hpp"

#include "errors.hpp"

namespace recommender {

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> kinds = [] {
    std::vector<ModelKind> all{top_pop_kind(), item_knn_kind(), user_knn_kind(),
                               p3alpha_kind(), rp3beta_kind(),  pure_svd_kind(),
                               ials_kind(),    slim_kind(),     ease_kind()};
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
