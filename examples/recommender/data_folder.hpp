#pragma once
/// \file  Interactions as the program finds them: a folder with parts and names, or one file.

#include <rapt/recommend/reader.hpp>

#include <string>
#include <vector>

namespace recommender {

/// How answers speak of the data; words.json beside it says otherwise.
struct Words {
  std::string those = "Those who have";  // "... libeigen3-dev, cmake"
  std::string also = "also have";
  std::string one = "one";  // "one that has cmake"
  bool operator==(const Words&) const = default;
};

/// All bytes of a file, or of the same with .gz. \throws std::system_error, rapt::FormatError
std::string read_input(const std::string& path);
/// Whether read_input would find it.
bool input_exists(const std::string& path);

/// Train, valid and test over one set of users and items, under the names of users.txt and items.txt where
/// they exist (line k, from 0, names id k).
struct DataFolder {
  std::string path;
  rapt::InteractionData data;
  Words words;
  const rapt::Interactions& train() const { return data.parts[0]; }
  const rapt::Interactions& valid() const { return data.parts[1]; }
  const rapt::Interactions& test() const { return data.parts[2]; }
};

/// Reads DIR/train.txt, valid.txt and test.txt (or .gz). Without valid.txt a random fifth of train takes its
/// place.
DataFolder read_data_folder(const std::string& path);

/// Everything that a file, or all parts of a folder, say.
struct AllData {
  rapt::IdMap users, items;
  rapt::Interactions interactions;
  Words words;
  std::vector<rapt::ReadReport> reports;
};
AllData read_all(const std::string& path);

}  // namespace recommender
