// convert: makes a data folder from what a machine knows.
#include "debian_packages.hpp"
#include "errors.hpp"
#include "verbs.hpp"
#include "write_text.hpp"

#include <rapt/recommend/interactions.hpp>

#include <rapt/core/random.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <unordered_map>

namespace recommender {
namespace {

struct ConvertOptions {
  std::string folder, lists;
  std::uint64_t seed = 1;
};

std::string output_of(const char* command) {
  struct Close {
    void operator()(std::FILE* pipe) const { pclose(pipe); }
  };
  std::unique_ptr<std::FILE, Close> pipe(popen(command, "r"));
  if (pipe == nullptr) throw std::system_error(errno, std::generic_category(), command);
  std::string text, block(1 << 16, '\0');
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe.get()))
    text.append(block, 0, got);
  if (pclose(pipe.release()) != 0) {
    throw DataError(std::string(command) + " failed; --debian needs a Debian or Ubuntu machine");
  }
  return text;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

std::string as_lines(const std::vector<rapt::Interaction>& pairs) {
  std::string text;
  for (const auto& pair : pairs) text += std::to_string(pair.user) + " " + std::to_string(pair.item) + "\n";
  return text;
}

/// Pairs of each user parted at random: a fifth to test, a fifth of the rest to valid, at least one to each.
struct Parts {
  std::vector<rapt::Interaction> train, valid, test;
};

Parts part(const std::vector<std::vector<rapt::Index>>& items_of_user, std::uint64_t seed) {
  Parts parts;
  const auto share = [](std::size_t n) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(0.2 * static_cast<double>(n))));
  };
  for (std::size_t user = 0; user < items_of_user.size(); ++user) {
    std::vector<rapt::Index> items = items_of_user[user];
    rapt::RandomStream stream = rapt::RandomStream(seed).substream("convert").substream(user);
    rapt::shuffle(std::span(items), stream);
    const std::size_t tested = share(items.size()), validated = share(items.size() - tested);
    for (std::size_t k = 0; k < items.size(); ++k) {
      auto& part = k < tested ? parts.test : k < tested + validated ? parts.valid : parts.train;
      part.push_back({static_cast<rapt::Index>(user), items[k]});
    }
  }
  return parts;
}

void convert_debian(const ConvertOptions& options) {
  std::ifstream file;
  std::istringstream output;
  if (options.lists.empty()) {
    output.str(output_of("apt-cache dumpavail"));
  } else {
    file.open(options.lists);
    if (!file) throw std::system_error(errno, std::generic_category(), options.lists);
  }
  auto needs = read_package_needs(options.lists.empty() ? static_cast<std::istream&>(output) : file);
  keep_core(needs, 6, 8);
  if (needs.empty()) throw DataError("the package lists are empty; run: apt-get update");

  std::set<std::string> items;
  std::vector<std::string> users;
  for (const auto& entry : needs) {
    users.push_back(entry.source);
    items.insert(entry.needs.begin(), entry.needs.end());
  }
  const std::vector<std::string> names(items.begin(), items.end());
  std::unordered_map<std::string, rapt::Index> number;
  for (const auto& name : names) number.emplace(name, static_cast<rapt::Index>(number.size()));
  std::vector<std::vector<rapt::Index>> items_of_user;
  std::size_t pairs = 0;
  for (const auto& entry : needs) {
    auto& row = items_of_user.emplace_back();
    for (const auto& name : entry.needs) row.push_back(number.at(name));
    pairs += row.size();
  }
  const Parts parts = part(items_of_user, options.seed);
  std::filesystem::create_directories(options.folder);
  const auto write = [&](const char* name, const std::string& text) {
    write_text(options.folder + "/" + name, text);
  };
  write("train.txt", as_lines(parts.train));
  write("valid.txt", as_lines(parts.valid));
  write("test.txt", as_lines(parts.test));
  write("users.txt", joined(users));
  write("items.txt", joined(names));
  write("words.json",
        "{\"those\": \"Projects that need\", \"also\": \"also need\", \"one\": \"a project that needs\"}\n");
  std::printf("%s: %zu source packages, %zu packages that they need, %zu pairs\n", options.folder.c_str(),
              users.size(), names.size(), pairs);
}

}  // namespace

void add_convert(CLI::App& program, Action& action) {
  auto* verb = program.add_subcommand("convert", "Make a data folder from what this machine knows");
  auto options = std::make_shared<ConvertOptions>();
  verb->add_option(
          "--debian", options->folder,
          "write to this folder which source package needs which package, after Debian's package lists")
      ->required();
  verb->add_option("--lists", options->lists, "read this file instead of asking apt-cache dumpavail");
  verb->add_option("--seed", options->seed, "seed of the split in train, valid and test")
      ->capture_default_str();
  verb->footer("Example:\n  rapt-recommend convert --debian packages");
  verb->callback([options, &action] { action = [options] { convert_debian(*options); }; });
}

}  // namespace recommender
