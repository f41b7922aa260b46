#pragma once
/// \file  Writing safetensors files.

#include <rapt/core/tensor.hpp>
#include <rapt/io/atomic_file.hpp>
#include <rapt/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rapt {

/// Collects named tensors, lists of strings and metadata, and writes them as one safetensors file.
///
/// What is put in is copied. The same contents give the same bytes in whatever order they were put in.
/// PyTorch, NumPy and others read the file; lists of strings are two tensors there.
class SafetensorsWriter {
 public:
  /// \throws std::invalid_argument where the name is there already or is no UTF-8 text
  template <class T, std::size_t Rank>
  void put(const std::string& name, TensorView<T, Rank> tensor) {
    using Scalar = std::remove_const_t<T>;
    static_assert(!std::same_as<Scalar, long double>, "SafetensorsWriter: the format has no long double");
    constexpr const char* dtype = std::same_as<Scalar, float>    ? "F32"
                                  : std::same_as<Scalar, double> ? "F64"
                                  : std::same_as<Scalar, bool>   ? "BOOL"
                                                                 : "I64";
    using Number = std::conditional_t<std::same_as<Scalar, Index>, std::int64_t, Scalar>;
    std::string bytes(static_cast<std::size_t>(tensor.size()) * sizeof(Number), '\0');
    char* at = bytes.data();
    for (const Scalar x : tensor) {
      auto number = std::bit_cast<std::array<char, sizeof(Number)>>(static_cast<Number>(x));
      if constexpr (std::endian::native == std::endian::big) std::reverse(number.begin(), number.end());
      at = std::copy(number.begin(), number.end(), at);
    }
    put(name, dtype, {tensor.shape().begin(), tensor.shape().end()}, std::move(bytes));
  }
  template <class T, std::size_t Rank>
  void put(const std::string& name, const Tensor<T, Rank>& tensor) {
    put(name, tensor.view());
  }
  /// Bytes, as a U8 tensor of rank 1.
  void put_bytes(const std::string& name, std::string_view bytes) {
    put(name, "U8", {static_cast<Index>(bytes.size())}, std::string(bytes));
  }
  /// A list of strings of any bytes: their text under `name`, where each ends under `name.ends`. Read by
  /// get_strings.
  template <class Range>
  void put_strings(const std::string& name, const Range& strings) {
    std::string text;
    Tensor<Index, 1> ends({static_cast<Index>(std::size(strings))});
    Index at = 0;
    for (const std::string_view string : strings) {
      text += string;
      ends(at++) = static_cast<Index>(text.size());
    }
    put_bytes(name, text);
    put(name + ".ends", ends);
  }
  /// Text about the file; the last of one key stays. \throws std::invalid_argument where it is no UTF-8 text
  /// or the key is rapt's own
  void put_metadata(const std::string& key, const std::string& value) {
    if (key == safetensors_format_key || key == safetensors_checksum_key) {
      throw std::invalid_argument("SafetensorsWriter: the metadata '" + key + "' are rapt's own");
    }
    expect_text(key);
    expect_text(value);
    metadata_[key] = value;
  }

  /// The whole file.
  std::string bytes() const {
    std::string file;
    const std::string header = begin_of_file();
    for (const auto part : parts(header)) file += part;
    return file;
  }
  /// Writes the file atomically; see write_file_atomically. \throws std::system_error
  void save(const std::string& path, Previous previous = Previous::keep) const {
    const std::string header = begin_of_file();
    write_file_atomically(path, parts(header), previous);
  }

 private:
  struct Stored {
    std::string dtype;
    std::vector<Index> shape;
    std::string bytes;
  };

  static void expect_text(const std::string& text) {
    try {
      (void)nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
      throw std::invalid_argument(
          "SafetensorsWriter: names and metadata are UTF-8 text; put_strings takes any bytes");
    }
    if (text.find('\0') != std::string::npos) {
      throw std::invalid_argument(
          "SafetensorsWriter: names and metadata have no NUL bytes; put_strings takes any");
    }
  }
  void put(const std::string& name, const char* dtype, std::vector<Index> shape, std::string bytes) {
    expect_text(name);
    if (name == "__metadata__" || tensors_.contains(name)) {
      throw std::invalid_argument("SafetensorsWriter: the name '" + name + "' is taken");
    }
    tensors_.emplace(name, Stored{dtype, std::move(shape), std::move(bytes)});
  }

  // Widest numbers first, so that each stands at a multiple of its size.
  std::vector<const std::pair<const std::string, Stored>*> in_order() const {
    std::vector<const std::pair<const std::string, Stored>*> order;
    for (const auto& tensor : tensors_) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
      return detail::safetensors_scalar_bytes(a->second.dtype) >
             detail::safetensors_scalar_bytes(b->second.dtype);
    });
    return order;
  }

  std::vector<std::string_view> parts(const std::string& header) const {
    std::vector<std::string_view> list{header};
    for (const auto* tensor : in_order()) list.emplace_back(tensor->second.bytes);
    return list;
  }

  // The length and the JSON, filled with spaces so that the data begin at a multiple of 8.
  std::string begin_of_file() const {
    nlohmann::json json = nlohmann::json::object();
    json["__metadata__"] = metadata_;
    json["__metadata__"][safetensors_format_key] = "1";
    Index at = 0;
    for (const auto* tensor : in_order()) {
      const auto& [dtype, shape, bytes] = tensor->second;
      const Index end = at + static_cast<Index>(bytes.size());
      json[tensor->first] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {at, end}}};
      at = end;
    }
    std::uint32_t sum = crc32(json.dump());
    for (const auto* tensor : in_order()) sum = crc32(tensor->second.bytes, sum);
    json["__metadata__"][safetensors_checksum_key] = detail::safetensors_checksum(sum);
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > SafetensorsLimits{}.header_bytes) {
      throw std::invalid_argument("SafetensorsWriter: the header would have " + std::to_string(text.size()) +
                                  " bytes; put_strings holds long lists outside of it");
    }
    std::string length;
    for (std::uint64_t rest = text.size(), i = 0; i < 8; ++i, rest >>= 8)
      length += static_cast<char>(rest & 0xFF);
    return length + text;
  }

  std::map<std::string, Stored> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace rapt
