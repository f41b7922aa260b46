#pragma once
/// \file  A model's weights in a safetensors file, under PyTorch's names.

#include <rapt/core/parameters.hpp>
#include <rapt/io/safetensors.hpp>
#include <rapt/io/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

namespace rapt {

/// Puts all parameters and buffers of a layer into a file, as `prefix + name`. Tensors without elements (a
/// bias that a layer does not have) are left out.
template <class L>
void put_model(SafetensorsWriter& writer, const std::string& prefix, const L& layer) {
  const auto put = [&](std::string_view name, const auto& tensor) {
    if (tensor.size() != 0) writer.put(prefix + std::string(name), tensor);
  };
  named_parameters(put, layer);
  named_buffers(put, layer);
}

/// What loading lets pass.
struct LoadOptions {
  bool extra_tensors = false;  // that the layer does not have
  bool nonfinite = false;      // NaN and infinity among the numbers
};

/// Fills all parameters and buffers of a layer, whose shapes stay, from the tensors `prefix + name`. All are
/// checked before any is written.
/// \throws FormatError naming the tensor where one is missing, not the layer's, of another shape (both are
///         named) or dtype, or has a number that is not finite
template <class L>
void get_model(const SafetensorsFile& file, const std::string& prefix, L& layer, LoadOptions options = {}) {
  std::set<std::string> wanted;
  const auto walk = [&](auto f) {
    named_parameters(f, layer);
    named_buffers(f, layer);
  };
  const auto read = [&](const std::string& name, const auto& own) {
    using Own = std::remove_cvref_t<decltype(own)>;
    return file.tensor<typename Own::Scalar, Own::rank>(name);
  };
  walk([&](std::string_view own_name, const auto& own) {
    const std::string name = prefix + std::string(own_name);
    wanted.insert(name);
    if (own.size() == 0 && !file.has(name)) return;
    const auto& shape = file.entry(name).shape;
    if (!std::equal(shape.begin(), shape.end(), own.shape().begin(), own.shape().end())) {
      file.fail("tensor '" + name + "' has shape " + to_string(shape) + ", expected " +
                to_string(own.shape()));
    }
    const auto tensor = read(name, own);
    if constexpr (std::floating_point<typename std::remove_cvref_t<decltype(own)>::Scalar>) {
      for (Index i = 0; i < tensor.size() && !options.nonfinite; ++i) {
        if (!std::isfinite(tensor.data()[i]))
          file.fail("tensor '" + name + "': element " + std::to_string(i) + " is not finite");
      }
    }
  });
  for (const auto& name : file.names()) {
    if (!options.extra_tensors && name.starts_with(prefix) && !wanted.contains(name)) {
      file.fail("tensor '" + name + "' is not one of the model's");
    }
  }
  walk([&](std::string_view own_name, auto& own) {
    const std::string name = prefix + std::string(own_name);
    if (own.size() != 0) own = read(name, own);
  });
}

/// Saves a layer's weights with metadata as one file; the file that was there stays as `<path>.previous`.
/// \throws std::system_error where it cannot be written
template <class L>
void save_model(const std::string& path, const L& layer,
                const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsWriter writer;
  for (const auto& [key, value] : metadata) writer.put_metadata(key, value);
  put_model(writer, "", layer);
  writer.save(path);
}

/// Loads a layer's weights, into a layer of the shapes that were saved, and returns the metadata.
/// \throws FormatError as SafetensorsFile::read and get_model do; the layer is then as it was
template <class L>
std::map<std::string, std::string> load_model(const std::string& path, L& layer, LoadOptions options = {}) {
  const auto file = SafetensorsFile::read(path);
  get_model(file, "", layer, options);
  return file.metadata();
}

}  // namespace rapt
