#include "data_folder.hpp"

#include "errors.hpp"

#include <rapt/io/gzip.hpp>
#include <rapt/recommend/split.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>

namespace recommender {
namespace {

namespace fs = std::filesystem;

void add_part(rapt::InteractionReader& reader, const fs::path& path) {
  const std::string text = read_input(path.string());
  reader.add_bytes(path.string(), text);
}

// Line k names id k; ids beyond the file, or none that are numbers, keep their own names.
rapt::IdMap with_names(const rapt::IdMap& ids, const fs::path& path) {
  if (!input_exists(path.string())) return ids;
  const std::string text = read_input(path.string());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
    at = end + 1;
  }
  const rapt::IdMap places(lines);
  std::vector<std::string> names;
  for (const std::string& id : ids.names()) {
    std::size_t line = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), line);
    if (error != std::errc() || end != id.data() + id.size() || line >= lines.size()) {
      throw rapt::FormatError(path.string(), 0,
                              "has " + std::to_string(lines.size()) + " lines, and none for id '" +
                                  rapt::printable(id, 40) + "'; line k, counted from 0, names id k");
    }
    names.push_back(lines[line]);
  }
  return rapt::IdMap(names);
}

void add_names(rapt::IdMap& users, rapt::IdMap& items, const fs::path& folder) {
  users = with_names(users, folder / "users.txt");
  items = with_names(items, folder / "items.txt");
}

Words read_words(const fs::path& folder) {
  const fs::path path = folder / "words.json";
  Words words;
  if (!fs::exists(path)) return words;
  const auto json = nlohmann::json::parse(read_input(path.string()), nullptr, false);
  if (!json.is_object()) throw rapt::FormatError(path.string(), 0, "is not a JSON object");
  words.those = json.value("those", words.those);
  words.also = json.value("also", words.also);
  words.one = json.value("one", words.one);
  return words;
}

}  // namespace

bool input_exists(const std::string& path) { return fs::exists(path) || fs::exists(path + ".gz"); }

std::string read_input(const std::string& path) {
  const std::string found = !fs::exists(path) && fs::exists(path + ".gz") ? path + ".gz" : path;
  if (fs::is_regular_file(found)) return rapt::read_file(found);
  return rapt::read_text_file(found);
}

DataFolder read_data_folder(const std::string& path) {
  const fs::path folder = path;
  if (!fs::is_directory(folder)) {
    throw std::system_error(std::make_error_code(std::errc::not_a_directory), path);
  }
  DataFolder result;
  result.path = path;
  const bool has_valid = input_exists((folder / "valid.txt").string());
  rapt::InteractionReader reader;
  add_part(reader, folder / "train.txt");
  if (has_valid) add_part(reader, folder / "valid.txt");
  add_part(reader, folder / "test.txt");
  result.data = reader.finish();
  if (!has_valid) {
    rapt::Split split = rapt::split_random(result.data.parts[0], 0.2, 2024);
    result.data.parts[0] = std::move(split.train);
    result.data.parts.insert(result.data.parts.begin() + 1, std::move(split.held_out));
  }
  add_names(result.data.users, result.data.items, folder);
  result.words = read_words(folder);
  return result;
}

AllData read_all(const std::string& path) {
  AllData all;
  rapt::InteractionReader reader;
  const fs::path folder = fs::is_directory(path) ? fs::path(path) : fs::path();
  if (folder.empty()) {
    add_part(reader, path);
  } else {
    for (const char* part : {"train.txt", "valid.txt", "test.txt"}) {
      const fs::path file = folder / part;
      if (part == std::string_view("train.txt") || input_exists(file.string())) add_part(reader, file);
    }
  }
  rapt::InteractionData data = reader.finish();
  all.users = std::move(data.users);
  all.items = std::move(data.items);
  all.reports = std::move(data.reports);
  all.interactions = std::move(data.parts[0]);
  for (std::size_t k = 1; k < data.parts.size(); ++k)
    all.interactions = merge(all.interactions, data.parts[k]);
  if (!folder.empty()) {
    add_names(all.users, all.items, folder);
    all.words = read_words(folder);
  }
  return all;
}

}  // namespace recommender
