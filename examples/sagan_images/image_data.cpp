#include "image_data.hpp"

#include <rapt/core/random.hpp>
#include <rapt/io/idx.hpp>
#include <rapt/io/image_csv.hpp>

#include <filesystem>
#include <numeric>
#include <span>

namespace sagan {
namespace {

// IDX files come packed; unpacked ones are as good.
std::string fashion_file(const std::string& folder, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const auto* ending : {".gz", ""}) {
    const std::string path = (fs::path(folder) / (name + ending)).string();
    if (fs::exists(path, ignored)) return path;
  }
  throw rapt::FormatError(
      (fs::path(folder) / (name + ".gz")).string(), 0,
      "is not there; on Debian: apt-get install dataset-fashion-mnist; or name the folder "
      "that holds the IDX files by --folder");
}

}  // namespace

ImageData read_digits(const std::string& folder) {
  constexpr Index trained_on = 1000;
  const std::string path = (std::filesystem::path(folder) / "digits.csv.gz").string();
  const auto all = rapt::read_image_csv(path, {.height = 8, .width = 8, .classes = 10, .largest = 16});
  if (all.size() <= trained_on) {
    throw rapt::FormatError(
        path, 0,
        "holds " + std::to_string(all.size()) + " images, expected more than " + std::to_string(trained_on));
  }
  // The file goes writer by writer: parted in its order, the two parts would differ.
  std::vector<Index> order(static_cast<std::size_t>(all.size()));
  std::iota(order.begin(), order.end(), Index{0});
  rapt::RandomStream stream(1, 1);
  rapt::shuffle<Index>(order, stream);
  const std::span<const Index> numbers(order);
  return {.name = "digits",
          .train = all.chosen(numbers.first(trained_on)),
          .held_out = all.chosen(numbers.subspan(trained_on)),
          .class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
}

ImageData read_fashion(const std::string& folder) {
  const auto part = [&](const std::string& name) {
    return rapt::read_idx_images(fashion_file(folder, name + "-images-idx3-ubyte"),
                                 fashion_file(folder, name + "-labels-idx1-ubyte"),
                                 {.height = 28, .width = 28, .classes = 10, .largest = 255});
  };
  return {.name = "fashion",
          .train = part("train"),
          .held_out = part("t10k"),
          .class_names = {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
                          "bag", "ankle boot"}};
}

}  // namespace sagan
