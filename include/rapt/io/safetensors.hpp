#pragma once
/// \file  Reading safetensors files.

#include <rapt/core/tensor.hpp>
#include <rapt/io/crc32.hpp>
#include <rapt/io/gzip.hpp>
#include <rapt/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rapt {

namespace detail {

// A number as the file has it: little-endian whatever the machine.
template <class T>
T from_little_endian(const char* bytes) {
  std::array<char, sizeof(T)> own;
  std::memcpy(own.data(), bytes, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) std::reverse(own.begin(), own.end());
  return std::bit_cast<T>(own);
}

inline std::string hexadecimal(std::uint32_t number) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return std::string(8 - static_cast<std::size_t>(end - digits.data()), '0') +
         std::string(digits.data(), end);
}

// The checksum of a file: its header without the checksum, then its data.
inline std::string safetensors_checksum(std::uint32_t sum) { return "crc32:" + hexadecimal(sum); }

}  // namespace detail

/// A safetensors file in memory: named tensors and metadata, nothing that could be run.
///
/// The whole file is checked when it is read: header, extents, and the checksum where it has one (files that
/// rapt wrote have one, files of other programs need none).
class SafetensorsFile {
 public:
  /// \param limit  most bytes of the file
  /// \throws FormatError with path and what is wrong
  static SafetensorsFile read(const std::string& path, Index limit = Index{16} << 30) {
    return from_bytes(read_raw_file(path, limit), path);
  }
  /// The same from bytes; `path` is for messages.
  static SafetensorsFile from_bytes(std::string bytes, std::string path) {
    return {std::move(bytes), std::move(path)};
  }

  const std::string& path() const { return path_; }
  /// What the writer said about the file, without rapt's own two entries.
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  /// One entry of the metadata. \throws FormatError where it is missing
  const std::string& metadata(const std::string& key) const {
    const auto found = header_.metadata.find(key);
    if (found == header_.metadata.end()) fail("metadata have no '" + key + "'");
    return found->second;
  }
  /// Names of all tensors, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& [name, entry] : header_.entries) list.push_back(name);
    return list;
  }
  bool has(const std::string& name) const { return header_.entries.contains(name); }
  /// dtype and shape of a tensor. \throws FormatError where it is missing
  const SafetensorsEntry& entry(const std::string& name) const {
    const auto found = header_.entries.find(name);
    if (found == header_.entries.end()) fail("has no tensor '" + name + "'");
    return found->second;
  }

  /// Copy of a tensor. Floating point reads F32 and F64, each as `T` (rounded to the nearest); Index reads
  /// I64, bool reads BOOL.
  /// \throws FormatError where it is missing or of another dtype or rank, or a number does not fit `T`
  template <TensorScalar T, std::size_t Rank>
  Tensor<T, Rank> tensor(const std::string& name) const {
    const auto& found = entry(name);
    if (found.shape.size() != Rank) {
      fail("tensor '" + name + "' has shape " + to_string(found.shape) + ", expected rank " +
           std::to_string(Rank));
    }
    Shape<Rank> shape{};
    std::copy(found.shape.begin(), found.shape.end(), shape.begin());
    Tensor<T, Rank> result;
    copy_numbers(name, found, result.resize(shape));
    return result;
  }

  /// Bytes of a U8 tensor of rank 1. \throws FormatError where it is missing or something else
  std::string_view bytes(const std::string& name) const {
    const auto& found = entry(name);
    if (found.dtype != "U8" || found.shape.size() != 1) {
      fail("tensor '" + name + "' is " + found.dtype + " " + to_string(found.shape) +
           ", expected U8 of rank 1");
    }
    return data(found);
  }

  /// \throws FormatError with the path and `what`
  [[noreturn]] void fail(const std::string& what) const { throw FormatError(path_, 0, what); }

 private:
  SafetensorsFile(std::string bytes, std::string path) : bytes_(std::move(bytes)), path_(std::move(path)) {
    header_ = parse_safetensors_header(bytes_, path_);
    auto& metadata = header_.metadata;
    const auto stated = metadata.find(safetensors_checksum_key);
    if (stated != metadata.end()) {
      const auto all_data = std::string_view(bytes_).substr(static_cast<std::size_t>(header_.data_begin));
      const std::string actual = detail::safetensors_checksum(crc32(all_data, crc32(header_.canonical)));
      if (stated->second != actual) {
        fail("is damaged: its checksum is " + actual + ", it says " + stated->second +
             " (where another program has changed it on purpose, remove '" + safetensors_checksum_key +
             "' and '" + safetensors_format_key + "' from its metadata)");
      }
    } else if (metadata.contains(safetensors_format_key)) {
      fail(std::string("is damaged: its metadata have '") + safetensors_format_key + "' and no '" +
           safetensors_checksum_key + "'");
    }
    if (const auto format = metadata.find(safetensors_format_key);
        format != metadata.end() && format->second != "1") {
      fail("has format version '" + format->second + "' of rapt, this program reads version 1");
    }
    metadata.erase(safetensors_checksum_key);
    metadata.erase(safetensors_format_key);
  }

  std::string_view data(const SafetensorsEntry& found) const {
    return std::string_view(bytes_).substr(static_cast<std::size_t>(header_.data_begin + found.begin),
                                           static_cast<std::size_t>(found.end - found.begin));
  }

  template <class T, std::size_t Rank>
  void copy_numbers(const std::string& name, const SafetensorsEntry& found,
                    TensorView<T, Rank> result) const {
    const char* at = data(found).data();
    const auto each = [&]<class Stored>(Stored, auto convert) {
      for (Index i = 0; i < result.size(); ++i, at += sizeof(Stored)) {
        if (!convert(detail::from_little_endian<Stored>(at), result.data()[i])) {
          fail("tensor '" + name + "': element " + std::to_string(i) + " does not fit the type asked for");
        }
      }
    };
    if constexpr (std::floating_point<T>) {
      const auto round = [](auto stored, T& x) {
        if (std::isfinite(stored) && std::abs(stored) > std::numeric_limits<T>::max()) return false;
        x = static_cast<T>(stored);
        return true;
      };
      if (found.dtype == "F32") return each(float{}, round);
      if (found.dtype == "F64") return each(double{}, round);
    } else if constexpr (std::same_as<T, bool>) {
      const auto flag = [](std::uint8_t stored, bool& x) {
        x = stored != 0;
        return stored <= 1;
      };
      if (found.dtype == "BOOL") return each(std::uint8_t{}, flag);
    } else {
      const auto same = [](std::int64_t stored, Index& x) {
        x = static_cast<Index>(stored);
        return x == stored;  // not so where Index has 32 bits
      };
      if (found.dtype == "I64") return each(std::int64_t{}, same);
    }
    const char* expected = std::floating_point<T> ? "F32 or F64" : std::same_as<T, bool> ? "BOOL" : "I64";
    fail("tensor '" + name + "' has dtype " + found.dtype + ", expected " + expected);
  }

  std::string bytes_;
  std::string path_;
  SafetensorsHeader header_;
};

/// The list of strings that SafetensorsWriter::put_strings stored under `name`. \throws FormatError
inline std::vector<std::string> get_strings(const SafetensorsFile& file, const std::string& name) {
  const auto text = file.bytes(name);
  const auto ends = file.tensor<Index, 1>(name + ".ends");
  std::vector<std::string> list;
  Index begin = 0;
  for (const Index end : ends) {
    if (end < begin || end > static_cast<Index>(text.size())) {
      file.fail("strings '" + name + "': number " + std::to_string(list.size()) + " ends at " +
                std::to_string(end) + ", expected " + std::to_string(begin) + " to " +
                std::to_string(text.size()));
    }
    list.emplace_back(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    begin = end;
  }
  if (begin != static_cast<Index>(text.size()))
    file.fail("strings '" + name + "' end before their text does");
  return list;
}

}  // namespace rapt
