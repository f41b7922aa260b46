#include "bundle.hpp"

#include "errors.hpp"
#include "model_kind.hpp"
#include "stored_tensor.hpp"

#include <rapt/io/safetensors.hpp>
#include <rapt/io/safetensors_writer.hpp>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace recommender {
namespace {

constexpr const char* program = "rapt-recommend";

rapt::Tensor<rapt::Index, 1> as_tensor(std::span<const rapt::Index> values) {
  rapt::Tensor<rapt::Index, 1> tensor({static_cast<rapt::Index>(values.size())});
  std::copy(values.begin(), values.end(), tensor.begin());
  return tensor;
}

Settings parse_object(const rapt::SafetensorsFile& file, const char* key) {
  Settings json = Settings::parse(file.metadata(key), nullptr, false);
  if (!json.is_object()) file.fail(std::string("metadata '") + key + "' are no JSON object");
  return json;
}

// Only settings that the model has, each of the type of its default.
Settings checked_settings(const rapt::SafetensorsFile& file, const ModelKind& kind) {
  Settings settings = kind.defaults;
  const Settings stored = parse_object(file, "settings");
  for (const auto& [name, value] : stored.items()) {
    if (!settings.contains(name)) continue;
    try {
      assign(settings, kind.name, name, value.is_string() ? value.get<std::string>() : value.dump());
    } catch (const UsageError& error) {
      file.fail(std::string("metadata 'settings': ") + error.what());
    }
  }
  return settings;
}

rapt::Interactions load_history(const rapt::SafetensorsFile& file, rapt::Index users, rapt::Index items) {
  const auto offsets = file.tensor<rapt::Index, 1>("history.offsets"),
             ids = file.tensor<rapt::Index, 1>("history.items");
  rapt::expect_shape<1>("history", "offsets", offsets.shape(), {users + 1});
  std::vector<rapt::Interaction> pairs;
  for (rapt::Index user = 0; user < users; ++user) {
    if (offsets(user) < 0 || offsets(user) > offsets(user + 1) || offsets(user + 1) > ids.size()) {
      file.fail("the history of user " + std::to_string(user) + " is from " + std::to_string(offsets(user)) +
                " to " + std::to_string(offsets(user + 1)) + " of " + std::to_string(ids.size()));
    }
    for (rapt::Index k = offsets(user); k < offsets(user + 1); ++k) pairs.push_back({user, ids(k)});
  }
  return {users, items, pairs};
}

Words load_words(const rapt::SafetensorsFile& file) {
  const Settings json = parse_object(file, "words");
  const auto word = [&](const char* key, std::string& text) {
    if (json.contains(key) && json[key].is_string()) text = json[key].get<std::string>();
  };
  Words words;
  word("those", words.those);
  word("also", words.also);
  word("one", words.one);
  return words;
}

Bundle from_file(const rapt::SafetensorsFile& file) {
  if (!file.metadata().contains("program") || file.metadata("program") != program) {
    file.fail("is a safetensors file, but no model of rapt-recommend");
  }
  Bundle bundle;
  bundle.model = file.metadata("model");
  const ModelKind& kind = find_model_kind(bundle.model);
  bundle.settings = checked_settings(file, kind);
  bundle.words = load_words(file);
  bundle.items = rapt::IdMap(rapt::get_strings(file, "items"));
  bundle.popularity = finite_tensor<1>(file, "popularity");
  rapt::expect_shape<1>("model", "popularity", bundle.popularity.shape(), {bundle.items.size()});
  if (file.has("history.offsets")) {
    bundle.users = rapt::IdMap(rapt::get_strings(file, "users"));
    bundle.history = load_history(file, bundle.users.size(), bundle.items.size());
  }
  bundle.scorer = kind.load(file, bundle.settings);
  if (bundle.scorer->items() != bundle.items.size()) {
    file.fail("the model scores " + std::to_string(bundle.scorer->items()) + " items, " +
              std::to_string(bundle.items.size()) + " have names");
  }
  return bundle;
}

}  // namespace

void save_bundle(const std::string& path, const Bundle& bundle) {
  rapt::SafetensorsWriter file;
  file.put_metadata("program", program);
  file.put_metadata("model", bundle.model);
  file.put_metadata("settings", bundle.settings.dump());
  const Settings words{{"those", bundle.words.those}, {"also", bundle.words.also}, {"one", bundle.words.one}};
  file.put_metadata("words", words.dump());
  file.put_strings("items", bundle.items.names());
  file.put("popularity", bundle.popularity);
  if (bundle.history) {
    file.put_strings("users", bundle.users.names());
    file.put("history.offsets", as_tensor(bundle.history->by_user().offsets));
    file.put("history.items", as_tensor(bundle.history->by_user().items));
  }
  find_model_kind(bundle.model).save(*bundle.scorer, file);
  file.save(path);
}

Bundle load_bundle(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), path);
  }
  try {
    return from_file(rapt::SafetensorsFile::read(path));
  } catch (const rapt::FormatError& error) {
    throw ModelError(error.what());
  } catch (const std::logic_error& error) {  // shapes, ids, settings that do not fit together
    throw ModelError(path + ": " + error.what());
  } catch (const std::overflow_error& error) {
    throw ModelError(path + ": " + error.what());
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(path + ": " + error.what());
  }
}

}  // namespace recommender
