#include <rapt/io/safetensors_header.hpp>

#include "support/catch.hpp"

#include <string>

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
bool header_says(const std::string& fault, const char* part) { return fault.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("The header of a model with extents whose product wraps is refused", "[io][safetensors][errors]") {
  CHECK(header_fault_of(header_tensor("[4294967296,4294967296]", "[0,0]")) ==
        "f: byte 8: tensor 'a': shape: 4294967296 * 4294967296 does not fit 63 bits");
  CHECK(header_says(header_fault_of(header_tensor("[4194305,4194305,211106198978564]", "[0,0]")),
                    "does not fit"));
  CHECK(header_says(header_fault_of(header_tensor("[0,4294967296,4294967296]", "[0,0]")), "does not fit"));
  CHECK(header_says(header_fault_of(header_tensor("[4611686018427387904]", "[0,0]")), "bytes: "));
  CHECK(header_says(header_fault_of(header_tensor("[9223372036854775808]", "[0,0]")), "does not fit"));
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
  CHECK(header_says(header_fault_of(header_tensor("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), "at most 8"));
  for (const char* extent : {"-1", "1.5", "\"1\"", "1e0", "18446744073709551616", "null", "true", "-0"}) {
    INFO(extent);
    CHECK(header_says(header_fault_of(header_tensor(std::string("[") + extent + "]", "[0,4]"), 4),
                      "whole number"));
  }
  for (const char* shape : {"1", "{}", "\"1\""}) {
    INFO(shape);
    CHECK(header_says(header_fault_of(header_tensor(shape, "[0,4]"), 4), "not a list"));
  }
}

TEST_CASE("Offsets that do not tile the data are refused", "[io][safetensors][errors]") {
  for (const char* offsets : {"[4,0]", "[0,0]", "[0,3]", "[0,5]", "[0,8]"}) {
    INFO(offsets);
    CHECK(header_says(header_fault_of(header_tensor("[1]", offsets), 4),
                      "do not span the 4 bytes of shape (1)"));
  }
  CHECK(header_says(header_fault_of(header_tensor("[1]", "[4,8]"), 8), "begin at 4, those before end at 0"));
  CHECK(header_says(header_fault_of(header_tensor("[0]", "[1,1]"), 0), "begin at 1"));
  CHECK(header_says(header_fault_of(header_tensor("[1]", "[0,4]"), 3), "is cut off"));
  CHECK(header_says(header_fault_of(header_tensor("[1]", "[0,4]"), 5), "is too long"));
  for (const char* offsets : {"[0,4,4]", "[4]", "[]", "4", "{}"}) {
    INFO(offsets);
    CHECK(header_says(header_fault_of(header_tensor("[1]", offsets), 4), "not two numbers"));
  }
  for (const char* offsets : {"[-4,0]", "[0.0,4]", "[\"0\",4]"}) {
    INFO(offsets);
    CHECK(header_says(header_fault_of(header_tensor("[1]", offsets), 4), "whole number"));
  }
  const auto two = [](const std::string& second) {
    return header_fault_of(
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],)"
        R"("data_offsets":)" +
            second + "}}",
        12);
  };
  CHECK(header_says(two("[0,4]"), "begin at 0, those before end at 4"));   // overlap
  CHECK(header_says(two("[2,6]"), "begin at 2, those before end at 4"));   // overlap
  CHECK(header_says(two("[8,12]"), "begin at 8, those before end at 4"));  // hole
  CHECK(header_says(two("[4,8]"), "12 bytes of data are there, its header describes 8"));
}

TEST_CASE("Header lengths that cannot be are refused without reading on", "[io][safetensors][errors]") {
  CHECK(header_fault("") == "f: is no safetensors file: it has 0 bytes, expected at least 8");
  CHECK(header_says(header_fault("x"), "has 1 bytes"));
  CHECK(header_says(header_fault(header_length(0)), "does not begin with '{'"));
  CHECK(header_says(header_fault(header_length(7) + "{}"), "cut off: its header has 7 bytes, 2 are there"));
  for (const std::uint64_t length : {std::uint64_t{100'000'001}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CHECK(header_says(header_fault(header_length(length) + "{}"), "the limit is 16777216"));
  }
}

TEST_CASE("Headers that are no plain JSON object are refused", "[io][safetensors][errors]") {
  CHECK(header_fault_of("{}").empty());
  CHECK(header_fault_of("{}   ").empty());
  for (const char* json : {" {}", "[]", "null", "\xEF\xBB\xBF{}"}) {
    INFO(json);
    CHECK(header_says(header_fault_of(json), "does not begin with '{'"));
  }
  for (const char* json : {"{", "{}x", "{}{}", "{/* c */}", "{\"a\":NaN}", "{\"a\":1e400}", "{\"\xff\":1}",
                           "{\"\\ud800\":1}", "{'a':1}", "{\"a\":1,}"}) {
    INFO(json);
    CHECK_FALSE(header_fault_of(json).empty());
  }
  CHECK(header_says(header_fault_of(R"({"a\u0000b":{}})"), "NUL"));
  CHECK(header_fault_of(std::string("{}\0 ", 4)) == "f: byte 8: header has a NUL byte");
  CHECK(header_says(header_fault_of("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
                    "deeper than 3"));
  CHECK(header_says(header_fault_of("{\"a\":" + std::string(100'000, '[')), "deeper than 3"));
  CHECK(header_says(header_fault_of("{\"[[[[\":1}"), "expected dtype"));  // brackets in a name are no depth
}

TEST_CASE("Keys that stand twice are refused at every level", "[io][safetensors][errors]") {
  const std::string tensor = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  CHECK(header_says(header_fault_of("{\"a\":" + tensor + ",\"a\":" + tensor + "}"), "key 'a' twice"));
  CHECK(header_says(header_fault_of("{\"a\":" + tensor + ",\"\\u0061\":" + tensor + "}"), "key 'a' twice"));
  CHECK(header_says(header_fault_of(R"({"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})"),
                    "twice"));
  CHECK(header_says(header_fault_of(R"({"__metadata__":{},"__metadata__":{}})"), "twice"));
  CHECK(header_says(header_fault_of(R"({"__metadata__":{"a":"1","a":"2"}})"), "twice"));
  CHECK(header_fault_of("{\"a\":" + tensor + ",\"b\":" + tensor + "}").empty());
}

TEST_CASE("Entries with other fields and unknown dtypes and metadata that are no text are refused",
          "[io][safetensors][errors]") {
  CHECK(header_says(header_fault_of(R"({"a":{"dtype":"U8","shape":[0]}})"), "expected dtype"));
  CHECK(header_says(header_fault_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})"),
                    "nothing else"));
  CHECK(header_says(header_fault_of(R"({"a":[]})"), "expected dtype"));
  for (const char* dtype : {"\"f32\"", "\"F8\"", "\"\"", "1", "null", "\"F32 \""}) {
    INFO(dtype);
    CHECK(header_says(header_fault_of(header_tensor("[0]", "[0,0]", dtype)), "is unknown"));
  }
  CHECK(header_says(header_fault_of(R"({"__metadata__":{"a":1}})"), "'a' is not a string"));
  CHECK(header_says(header_fault_of(R"({"__metadata__":[]})"), "not an object"));
  rapt::SafetensorsLimits few;
  few.tensors = 1;
  CHECK(header_says(header_fault(header_file(R"({"__metadata__":{},"b":{}})"), few), "more than 1 tensors"));
}

TEST_CASE("A file of another kind is called what it looks like", "[io][safetensors][errors]") {
  const std::string tail(64, 'x');
  CHECK(
      header_says(header_fault("PK\x03\x04" + tail), "looks like a zip archive, such as torch.save writes"));
  CHECK(header_says(header_fault("\x80\x04" + tail), "a Python pickle"));
  CHECK(header_says(header_fault("GGUF" + tail), "a GGUF file"));
  CHECK(header_says(header_fault("<!DOCTYPE html>" + tail), "an HTML page"));
  CHECK(header_says(header_fault("version https://git-lfs.github.com/spec/v1" + tail), "git lfs pull"));
  CHECK(header_says(header_fault("\x1f\x8b" + tail), "gunzip"));
}
