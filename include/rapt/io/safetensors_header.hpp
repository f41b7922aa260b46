#pragma once
/// \file  The header of a safetensors file: parsed, and checked before a byte of data is touched.

#include <rapt/core/checked.hpp>
#include <rapt/core/format_error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rapt {

/// Caps of a header. The published format allows 100 MB; what rapt keeps in one never comes near these.
struct SafetensorsLimits {
  std::uint64_t header_bytes = std::uint64_t{16} << 20;
  std::size_t tensors = 100'000;
  std::size_t rank = 8;
};

/// One tensor of a file: its place is [begin, end) of the data.
struct SafetensorsEntry {
  std::string dtype;
  std::vector<Index> shape;
  Index begin = 0, end = 0;
};

/// What a header says.
struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
  std::string
      canonical;  // the header as JSON with sorted keys, without its checksum: what the checksum covers
  Index data_begin = 0;  // byte of the file
};

/// Keys of the metadata that are ours. A file with the first must have the second.
inline constexpr const char* safetensors_format_key = "rapt.format";
inline constexpr const char* safetensors_checksum_key = "rapt.checksum";

namespace detail {

/// Bytes of one number of a dtype; 0 for a dtype that is unknown.
inline Index safetensors_scalar_bytes(std::string_view dtype) {
  constexpr std::pair<std::string_view, Index> known[] = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
      {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
  for (const auto& [name, bytes] : known) {
    if (name == dtype) return bytes;
  }
  return 0;
}

/// What a file is that is none of ours, as far as its first bytes tell.
inline std::string looks_like(std::string_view bytes) {
  constexpr std::pair<std::string_view, const char*> magics[] = {
      {"PK\x03\x04", "a zip archive, such as torch.save writes; save the weights as safetensors"},
      {"\x80\x02", "a Python pickle; save the weights as safetensors"},
      {"\x80\x04", "a Python pickle; save the weights as safetensors"},
      {"GGUF", "a GGUF file"},
      {"\x1f\x8b", "gzip data; unpack it (gunzip)"},
      {"\x89HDF", "an HDF5 file"},
      {"\x93NUMPY", "a NumPy file"},
      {"version https://git-lfs", "a Git LFS pointer; fetch the file itself (git lfs pull)"},
      {"<!DOCTYPE", "an HTML page"},
      {"<!doctype", "an HTML page"},
      {"<html", "an HTML page"},
      {"{", "JSON text"}};
  for (const auto& [start, what] : magics) {
    if (bytes.starts_with(start)) return std::string("is no safetensors file, it looks like ") + what;
  }
  return "is no safetensors file";
}

class SafetensorsParser {
 public:
  SafetensorsParser(std::string_view bytes, const std::string& path, const SafetensorsLimits& limits)
      : bytes_(bytes), path_(path), limits_(limits) {}

  SafetensorsHeader parse() {
    const std::string_view text = header_text();
    expect_shallow(text);
    nlohmann::json json = parse_json(text);
    if (json.size() > limits_.tensors)
      fail("header names more than " + std::to_string(limits_.tensors) + " tensors");
    for (const auto& [name, value] : json.items()) {
      if (name == "__metadata__") {
        read_metadata(value);
      } else {
        header_.entries.emplace(name, read_entry(name, value));
      }
    }
    expect_no_holes();
    if (const auto metadata = json.find("__metadata__"); metadata != json.end()) {
      metadata->erase(safetensors_checksum_key);
    }
    header_.canonical = json.dump();
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw format_error_at_byte(path_, 8, what); }
  [[noreturn]] void fail(const std::string& tensor, const std::string& what) const {
    fail("tensor '" + tensor + "': " + what);
  }

  std::string_view header_text() {
    if (bytes_.size() < 8) {
      throw FormatError(
          path_, 0,
          looks_like(bytes_) + ": it has " + std::to_string(bytes_.size()) + " bytes, expected at least 8");
    }
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes_[i]);
    if (length > limits_.header_bytes) {
      throw FormatError(path_, 0,
                        looks_like(bytes_) + ": its header would have " + std::to_string(length) +
                            " bytes, the limit is " + std::to_string(limits_.header_bytes));
    }
    if (length > bytes_.size() - 8) {
      throw FormatError(path_, 0,
                        "is cut off: its header has " + std::to_string(length) + " bytes, " +
                            std::to_string(bytes_.size() - 8) + " are there");
    }
    const auto text = bytes_.substr(8, static_cast<std::size_t>(length));
    if (!text.starts_with('{')) fail("header does not begin with '{'");
    // The parser would take it for the end and leave the rest unread.
    if (text.find('\0') != std::string_view::npos) fail("header has a NUL byte");
    header_.data_begin = static_cast<Index>(8 + length);
    return text;
  }

  // Before the parser builds anything: brackets outside of strings, at most object, tensor, list.
  void expect_shallow(std::string_view text) const {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (in_string) {
        if (c == '\\') ++i;
        if (c == '"') in_string = false;
        continue;
      }
      if (c == '"') in_string = true;
      if ((c == '{' || c == '[') && ++depth > 3) fail("header is nested deeper than 3 levels");
      if (c == '}' || c == ']') --depth;
    }
  }

  nlohmann::json parse_json(std::string_view text) const {
    using Event = nlohmann::json::parse_event_t;
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto no_key_twice = [&](int, Event event, nlohmann::json& value) {
      if (event == Event::object_start) keys.emplace_back();
      if (event == Event::object_end) keys.pop_back();
      if (event == Event::key) {
        const auto& key = value.get_ref<const std::string&>();
        if (key.find('\0') != std::string::npos) fail("header has a name with a NUL byte");
        if (!keys.back().insert(key).second) fail("header has the key '" + key + "' twice");
      }
      return true;
    };
    try {
      return nlohmann::json::parse(text, no_key_twice);
    } catch (const nlohmann::json::exception& error) {
      fail(std::string("header is not JSON: ") + error.what());
    }
  }

  void read_metadata(const nlohmann::json& value) {
    if (!value.is_object()) fail("__metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("__metadata__: '" + key + "' is not a string");
      header_.metadata.emplace(key, text.get<std::string>());
    }
  }

  Index number(const std::string& tensor, const char* what, const nlohmann::json& value) const {
    if (!value.is_number_unsigned())
      fail(tensor, std::string(what) + " has " + value.dump() + ", expected a whole number");
    return narrow<Index>(value.get<std::uint64_t>(), what);
  }

  SafetensorsEntry read_entry(const std::string& name, const nlohmann::json& value) const {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      fail(name, "expected dtype, shape and data_offsets and nothing else");
    }
    const auto &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
    if (!dtype.is_string() || safetensors_scalar_bytes(dtype.get_ref<const std::string&>()) == 0) {
      fail(name, "dtype " + dtype.dump() + " is unknown");
    }
    if (!shape.is_array() || shape.size() > limits_.rank) {
      fail(name, "shape is not a list of at most " + std::to_string(limits_.rank) + " extents");
    }
    if (!offsets.is_array() || offsets.size() != 2) fail(name, "data_offsets are not two numbers");
    SafetensorsEntry entry;
    entry.dtype = dtype.get<std::string>();
    try {
      for (const auto& extent : shape) entry.shape.push_back(number(name, "shape", extent));
      entry.begin = number(name, "data_offsets", offsets[0]);
      entry.end = number(name, "data_offsets", offsets[1]);
      const Index bytes = checked_multiply<Index>(checked_element_count(entry.shape, "shape"),
                                                  safetensors_scalar_bytes(entry.dtype), "bytes");
      if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
        fail(name, "data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) +
                       ") do not span the " + std::to_string(bytes) + " bytes of shape " +
                       to_string(entry.shape));
      }
    } catch (const std::overflow_error& error) {
      fail(name, error.what());
    }
    return entry;
  }

  void expect_no_holes() const {
    std::vector<std::pair<const std::string*, const SafetensorsEntry*>> in_order;
    for (const auto& [name, entry] : header_.entries) in_order.emplace_back(&name, &entry);
    std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
    });
    Index at = 0;
    for (const auto& [name, entry] : in_order) {
      if (entry->begin != at) {
        fail(*name, "its data begin at " + std::to_string(entry->begin) + ", those before end at " +
                        std::to_string(at));
      }
      at = entry->end;
    }
    const Index there = static_cast<Index>(bytes_.size()) - header_.data_begin;
    if (at != there) {
      throw FormatError(path_, 0,
                        std::string(at > there ? "is cut off: " : "is too long: ") + std::to_string(there) +
                            " bytes of data are there, its header describes " + std::to_string(at));
    }
  }

  std::string_view bytes_;
  const std::string& path_;
  const SafetensorsLimits& limits_;
  SafetensorsHeader header_;
};

}  // namespace detail

/// Parses and checks the header of a safetensors file after the published rules: a 64-bit little-endian
/// length, JSON that begins with `{`, data without overlap or hole that end with the file, metadata of
/// strings; and after our own: no key twice, no name with a NUL byte, the caps of `limits`.
/// \throws FormatError
inline SafetensorsHeader parse_safetensors_header(std::string_view bytes, const std::string& path,
                                                  const SafetensorsLimits& limits = {}) {
  return detail::SafetensorsParser(bytes, path, limits).parse();
}

}  // namespace rapt
