#include <rapt/io/safetensors_header.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace {

std::string header_length(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i, length >>= 8) bytes += static_cast<char>(length & 0xFF);
  return bytes;
}
std::string header_file(const std::string& json, std::size_t data = 0) {
  return header_length(json.size()) + json + std::string(data, '\0');
}
std::string header_tensor(const std::string& shape, const std::string& offsets,
                          const std::string& dtype = "\"F32\"") {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}
// What is wrong with the file; empty where nothing is.
std::string header_fault(const std::string& bytes, const rapt::SafetensorsLimits& limits = {}) {
  try {
    rapt::parse_safetensors_header(bytes, "f", limits);
  } catch (const rapt::FormatError& error) {
    return error.what();
  }
  return "";
}
std::string header_fault_of(const std::string& json, std::size_t data = 0) {
  return header_fault(header_file(json, data));
}

}  // namespace

TEST_CASE("The header of a model with extents whose product wraps is refused", "[io][safetensors][errors]") {
  CHECK(header_fault_of(header_tensor("[4294967296,4294967296]", "[0,0]")) ==
        "f: byte 8: tensor 'a': shape: 4294967296 * 4294967296 does not fit 63 bits");
  CHECK(header_fault_of(header_tensor("[4194305,4194305,211106198978564]", "[0,0]")) ==
        "f: byte 8: tensor 'a': shape: 17592194433025 * 211106198978564 does not fit 63 bits");
  CHECK(header_fault_of(header_tensor("[0,4294967296,4294967296]", "[0,0]")) ==
        "f: byte 8: tensor 'a': shape: 4294967296 * 4294967296 does not fit 63 bits");
  CHECK(header_fault_of(header_tensor("[4611686018427387904]", "[0,0]")) ==
        "f: byte 8: tensor 'a': bytes: 4611686018427387904 * 4 does not fit 63 bits");
  CHECK(header_fault_of(header_tensor("[9223372036854775808]", "[0,0]")) ==
        "f: byte 8: tensor 'a': shape: 9223372036854775808 does not fit a signed number of 64 bits");
}

TEST_CASE("A header gives entries and metadata", "[io][safetensors]") {
  const std::string json =
      R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[6,14]},"a":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]},)"
      R"("none":{"dtype":"F32","shape":[0,7],"data_offsets":[6,6]},"one":{"dtype":"F16","shape":[],"data_offsets":[14,16]},)"
      R"("__metadata__":{"k":"v","rapt.checksum":"x"}}  )";
  const auto header = rapt::parse_safetensors_header(header_file(json, 16), "f");
  CHECK(header.entries.size() == 4);
  CHECK(header.entries.at("a").shape == std::vector<rapt::Index>{2, 3});
  CHECK(header.entries.at("b").begin == 6);
  CHECK(header.entries.at("one").shape.empty());
  CHECK(header.metadata.at("k") == "v");
  CHECK(header.canonical.find("checksum") == std::string::npos);
  CHECK(header.data_begin == static_cast<rapt::Index>(8 + json.size()));
}

TEST_CASE("Extents that are no whole numbers in range are refused", "[io][safetensors][errors]") {
  CHECK(header_fault_of(header_tensor("[1]", "[0,4]"), 4).empty());
  CHECK(header_fault_of(header_tensor("[]", "[0,4]"), 4).empty());
  CHECK(header_fault_of(header_tensor("[1,1,1,1,1,1,1,1]", "[0,4]"), 4).empty());
  CHECK(header_fault_of(header_tensor("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4) ==
        "f: byte 8: tensor 'a': shape is not a list of at most 8 extents");
  // Each with how the message writes it.
  const std::pair<const char*, const char*> extents[] = {{"-1", "-1"},
                                                         {"1.5", "1.5"},
                                                         {"\"1\"", "\"1\""},
                                                         {"1e0", "1.0"},
                                                         {"18446744073709551616", "1.8446744073709552e+19"},
                                                         {"null", "null"},
                                                         {"true", "true"},
                                                         {"-0", "0"}};
  for (const auto& [extent, written] : extents) {
    CHECK(header_fault_of(header_tensor(std::string("[") + extent + "]", "[0,4]"), 4) ==
          std::string("f: byte 8: tensor 'a': shape has ") + written + ", expected a whole number");
  }
  for (const char* shape : {"1", "{}", "\"1\""}) {
    INFO(shape);
    CHECK(header_fault_of(header_tensor(shape, "[0,4]"), 4) ==
          "f: byte 8: tensor 'a': shape is not a list of at most 8 extents");
  }
}

TEST_CASE("Offsets that do not tile the data are refused", "[io][safetensors][errors]") {
  for (const char* offsets : {"4, 0", "0, 0", "0, 3", "0, 5", "0, 8"}) {
    CHECK(header_fault_of(header_tensor("[1]", std::string("[") + offsets + "]"), 4) ==
          std::string("f: byte 8: tensor 'a': data_offsets [") + offsets +
              ") do not span the 4 bytes of shape (1)");
  }
  CHECK(header_fault_of(header_tensor("[1]", "[4,8]"), 8) ==
        "f: byte 8: tensor 'a': its data begin at 4, those before end at 0");
  CHECK(header_fault_of(header_tensor("[0]", "[1,1]"), 0) ==
        "f: byte 8: tensor 'a': its data begin at 1, those before end at 0");
  CHECK(header_fault_of(header_tensor("[1]", "[0,4]"), 3) ==
        "f: is cut off: 3 bytes of data are there, its header describes 4");
  CHECK(header_fault_of(header_tensor("[1]", "[0,4]"), 5) ==
        "f: is too long: 5 bytes of data are there, its header describes 4");
  for (const char* offsets : {"[0,4,4]", "[4]", "[]", "4", "{}"}) {
    INFO(offsets);
    CHECK(header_fault_of(header_tensor("[1]", offsets), 4) ==
          "f: byte 8: tensor 'a': data_offsets are not two numbers");
  }
  for (const std::string offset : {"-4", "0.0", "\"0\""}) {
    CHECK(header_fault_of(header_tensor("[1]", "[" + offset + ",4]"), 4) ==
          "f: byte 8: tensor 'a': data_offsets has " + offset + ", expected a whole number");
  }
  const auto two = [](const std::string& second) {
    return header_fault_of(
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],)"
        R"("data_offsets":)" +
            second + "}}",
        12);
  };
  CHECK(two("[0,4]") == "f: byte 8: tensor 'b': its data begin at 0, those before end at 4");   // overlap
  CHECK(two("[2,6]") == "f: byte 8: tensor 'b': its data begin at 2, those before end at 4");   // overlap
  CHECK(two("[8,12]") == "f: byte 8: tensor 'b': its data begin at 8, those before end at 4");  // hole
  CHECK(two("[4,8]") == "f: is too long: 12 bytes of data are there, its header describes 8");
}

TEST_CASE("Header lengths that cannot be are refused without reading on", "[io][safetensors][errors]") {
  CHECK(header_fault("") == "f: is no safetensors file: it has 0 bytes, expected at least 8");
  CHECK(header_fault("x") == "f: is no safetensors file: it has 1 bytes, expected at least 8");
  CHECK(header_fault(header_length(0)) == "f: byte 8: header does not begin with '{'");
  CHECK(header_fault(header_length(7) + "{}") == "f: is cut off: its header has 7 bytes, 2 are there");
  for (const std::uint64_t length : {std::uint64_t{100'000'001}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CHECK(header_fault(header_length(length) + "{}") == "f: is no safetensors file: its header would have " +
                                                            std::to_string(length) +
                                                            " bytes, the limit is 16777216");
  }
}

TEST_CASE("Headers that are no plain JSON object are refused", "[io][safetensors][errors]") {
  CHECK(header_fault_of("{}").empty());
  CHECK(header_fault_of("{}   ").empty());
  for (const char* json : {" {}", "[]", "null", "\xEF\xBB\xBF{}"}) {
    INFO(json);
    CHECK(header_fault_of(json) == "f: byte 8: header does not begin with '{'");
  }
  for (const char* json : {"{", "{}x", "{}{}", "{/* c */}", "{\"a\":NaN}", "{\"a\":1e400}", "{\"\xff\":1}",
                           "{\"\\ud800\":1}", "{'a':1}", "{\"a\":1,}"}) {
    INFO(json);
    // What follows is the JSON parser's own text.
    CHECK(header_fault_of(json).starts_with("f: byte 8: header is not JSON: "));
  }
  CHECK(header_fault_of(R"({"a\u0000b":{}})") == "f: byte 8: header has a name with a NUL byte");
  CHECK(header_fault_of(std::string("{}\0 ", 4)) == "f: byte 8: header has a NUL byte");
  CHECK(header_fault_of("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}") ==
        "f: byte 8: header is nested deeper than 3 levels");
  CHECK(header_fault_of("{\"a\":" + std::string(100'000, '[')) ==
        "f: byte 8: header is nested deeper than 3 levels");
  // Brackets in a name are no depth.
  CHECK(header_fault_of("{\"[[[[\":1}") ==
        "f: byte 8: tensor '[[[[': expected dtype, shape and data_offsets and nothing else");
}

TEST_CASE("Keys that stand twice are refused at every level", "[io][safetensors][errors]") {
  const std::string tensor = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  CHECK(header_fault_of("{\"a\":" + tensor + ",\"a\":" + tensor + "}") ==
        "f: byte 8: header has the key 'a' twice");
  CHECK(header_fault_of("{\"a\":" + tensor + ",\"\\u0061\":" + tensor + "}") ==
        "f: byte 8: header has the key 'a' twice");
  CHECK(header_fault_of(R"({"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})") ==
        "f: byte 8: header has the key 'shape' twice");
  CHECK(header_fault_of(R"({"__metadata__":{},"__metadata__":{}})") ==
        "f: byte 8: header has the key '__metadata__' twice");
  CHECK(header_fault_of(R"({"__metadata__":{"a":"1","a":"2"}})") ==
        "f: byte 8: header has the key 'a' twice");
  CHECK(header_fault_of("{\"a\":" + tensor + ",\"b\":" + tensor + "}").empty());
}

TEST_CASE("Entries with other fields and unknown dtypes and metadata that are no text are refused",
          "[io][safetensors][errors]") {
  CHECK(header_fault_of(R"({"a":{"dtype":"U8","shape":[0]}})") ==
        "f: byte 8: tensor 'a': expected dtype, shape and data_offsets and nothing else");
  CHECK(header_fault_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})") ==
        "f: byte 8: tensor 'a': expected dtype, shape and data_offsets and nothing else");
  CHECK(header_fault_of(R"({"a":[]})") ==
        "f: byte 8: tensor 'a': expected dtype, shape and data_offsets and nothing else");
  for (const char* dtype : {"\"f32\"", "\"F8\"", "\"\"", "1", "null", "\"F32 \""}) {
    INFO(dtype);
    CHECK(header_fault_of(header_tensor("[0]", "[0,0]", dtype)) ==
          std::string("f: byte 8: tensor 'a': dtype ") + dtype + " is unknown");
  }
  CHECK(header_fault_of(R"({"__metadata__":{"a":1}})") == "f: byte 8: __metadata__: 'a' is not a string");
  CHECK(header_fault_of(R"({"__metadata__":[]})") == "f: byte 8: __metadata__ is not an object");
  rapt::SafetensorsLimits few;
  few.tensors = 1;
  CHECK(header_fault(header_file(R"({"__metadata__":{},"b":{}})"), few) ==
        "f: byte 8: header names more than 1 tensors");
}

TEST_CASE("A file of another kind is called what it looks like", "[io][safetensors][errors]") {
  const std::pair<std::string, const char*> kinds[] = {
      {"PK\x03\x04", "a zip archive, such as torch.save writes; save the weights as safetensors"},
      {"\x80\x02", "a Python pickle; save the weights as safetensors"},
      {"\x80\x04", "a Python pickle; save the weights as safetensors"},
      {"GGUF", "a GGUF file"},
      {"\x1f\x8b", "gzip data; unpack it (gunzip)"},
      {"\x89HDF", "an HDF5 file"},
      {"\x93NUMPY", "a NumPy file"},
      {"version https://git-lfs.github.com/spec/v1",
       "a Git LFS pointer; fetch the file itself (git lfs pull)"},
      {"<!DOCTYPE html>", "an HTML page"},
      {"<!doctype html>", "an HTML page"},
      {"<html>", "an HTML page"},
      {"{\"a\":1}", "JSON text"}};
  for (const auto& [start, kind] : kinds) {
    const std::string bytes = start + std::string(64, 'x');
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    CHECK(header_fault(bytes) == std::string("f: is no safetensors file, it looks like ") + kind +
                                     ": its header would have " + std::to_string(length) +
                                     " bytes, the limit is 16777216");
  }
  CHECK(header_fault("PK\x03\x04") ==
        "f: is no safetensors file, it looks like a zip archive, such as torch.save writes; save the weights "
        "as "
        "safetensors: it has 4 bytes, expected at least 8");
}
