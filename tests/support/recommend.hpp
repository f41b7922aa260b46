#pragma once
// Interactions for the tests of recommend/: the small random ones of the golden file, and measuring data that
// is not part of the project.

#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/reader.hpp>
#include <rapt/recommend/scorer.hpp>
#include <rapt/testing/golden.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rapt_test {

inline const rapt::testing::Golden& recommend_golden() {
  static const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/recommend.txt");
  return golden;
}

/// Scores of the baselines that recommend_baselines.txt holds, for the same pairs.
inline const rapt::testing::Golden& recommend_baselines_golden() {
  static const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/recommend_baselines.txt");
  return golden;
}

/// The pairs of `seen` or `test` in the golden file: 12 users, 15 items.
inline rapt::Interactions golden_interactions(const std::string& name) {
  const auto table = recommend_golden().tensor<double, 2>(name);
  std::vector<rapt::Interaction> pairs;
  for (rapt::Index k = 0; k < table.extent(0); ++k) {
    pairs.push_back({static_cast<rapt::Index>(table(k, 0)), static_cast<rapt::Index>(table(k, 1))});
  }
  return {12, 15, pairs};
}

/// How far a model's scores for the golden `seen` are from those of recommend_baselines.txt.
inline double baseline_difference(const rapt::Scorer& model, const std::string& name) {
  const auto seen = golden_interactions("seen");
  rapt::Tensor<float, 2> scores({12, 15});
  model.score(seen.by_user(), scores);
  return rapt::testing::largest_difference(scores, recommend_baselines_golden().tensor<double, 2>(name));
}

/// Train with valid, and test.
struct MeasuringData {
  rapt::Interactions seen, test;
};

/// The data set with so many users and items among the folders of $RAPT_DATA_DIR.
inline std::optional<MeasuringData> measuring_data(rapt::Index users, rapt::Index items) {
  const char* folder = std::getenv("RAPT_DATA_DIR");
  if (folder == nullptr || *folder == 0) return std::nullopt;
  std::set<std::filesystem::path> folders;  // in a fixed order
  for (const auto& entry : std::filesystem::directory_iterator(folder)) folders.insert(entry.path());
  for (const auto& path : folders) {
    if (!std::filesystem::exists(path / "train.txt")) continue;
    rapt::InteractionReader reader;
    for (const char* part : {"train.txt", "valid.txt", "test.txt"}) reader.add_file((path / part).string());
    const auto data = reader.finish();
    if (data.users.size() == users && data.items.size() == items) {
      return MeasuringData{merge(data.parts[0], data.parts[1]), data.parts[2]};
    }
  }
  return std::nullopt;
}

}  // namespace rapt_test
