#include <rapt/io/safetensors.hpp>

#include <rapt/io/safetensors_writer.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using rapt::Index;
using rapt::SafetensorsFile;
using rapt::Tensor;

namespace {

// A file as PyTorch's safetensors writes one, by hand: two tensors, numbers little-endian.
const std::string safetensors_by_hand = [] {
  const std::string json =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},)"
      R"("n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}} )";
  return std::string(1, static_cast<char>(json.size())) + std::string(7, '\0') + json +
         std::string("\xfe\xff\xff\xff\xff\xff\xff\xff\x00\x00\x80\x3f\x00\x00\x20\xc0", 16);
}();

std::string safetensors_small() {
  rapt::SafetensorsWriter writer;
  writer.put_metadata("k", "v");
  writer.put("w", Tensor<float, 1>({2}, {1, -2.5}));
  return writer.bytes();
}

template <class F>
std::string safetensors_fault(F f) {
  try {
    f();
  } catch (const rapt::FormatError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("A file that another program wrote is read by names", "[io][safetensors]") {
  REQUIRE(safetensors_by_hand.size() < 8 + 256);
  const auto file = SafetensorsFile::from_bytes(safetensors_by_hand, "f");
  CHECK(file.names() == std::vector<std::string>{"n", "w"});
  CHECK(file.metadata("format") == "pt");
  const auto w = file.tensor<float, 2>("w");
  CHECK(w.shape() == rapt::Shape<2>{1, 2});
  CHECK((w(0, 0) == 1 && w(0, 1) == -2.5f));
  CHECK(file.tensor<double, 2>("w")(0, 1) == -2.5);
  CHECK(file.tensor<Index, 1>("n")(0) == -2);
}

TEST_CASE("What is asked of a file and is not in it is named", "[io][safetensors][errors]") {
  const auto file = SafetensorsFile::from_bytes(safetensors_by_hand, "f");
  CHECK(safetensors_fault([&] { file.tensor<float, 1>("x"); }) == "f: has no tensor 'x'");
  CHECK(safetensors_fault([&] { file.tensor<float, 1>("w"); }) ==
        "f: tensor 'w' has shape (1, 2), expected rank 1");
  CHECK(safetensors_fault([&] { file.tensor<float, 1>("n"); }) ==
        "f: tensor 'n' has dtype I64, expected F32 or F64");
  CHECK(safetensors_fault([&] { file.tensor<Index, 2>("w"); }) ==
        "f: tensor 'w' has dtype F32, expected I64");
  CHECK(safetensors_fault([&] { file.tensor<bool, 2>("w"); }) ==
        "f: tensor 'w' has dtype F32, expected BOOL");
  CHECK(safetensors_fault([&] { file.bytes("w"); }) == "f: tensor 'w' is F32 (1, 2), expected U8 of rank 1");
  CHECK(safetensors_fault([&] { file.metadata("x"); }) == "f: metadata have no 'x'");
}

TEST_CASE("Numbers that do not fit and flags that are none are refused", "[io][safetensors][errors]") {
  rapt::SafetensorsWriter writer;
  const double infinity = std::numeric_limits<double>::infinity();
  writer.put("d", Tensor<double, 1>({4}, {0.1, infinity, std::nan(""), 1e-320}));
  writer.put("huge", Tensor<double, 1>({2}, {1, 1e39}));
  const auto file = SafetensorsFile::from_bytes(writer.bytes(), "f");
  const auto d = file.tensor<float, 1>("d");
  CHECK((d(0) == 0.1f && std::isinf(d(1)) && std::isnan(d(2)) && d(3) == 0));
  CHECK(file.tensor<double, 1>("d")(3) == 1e-320);
  CHECK(safetensors_fault([&] { file.tensor<float, 1>("huge"); }) ==
        "f: tensor 'huge': element 1 does not fit the type asked for");

  const std::string json = R"({"b":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})";
  const std::string flags = std::string(1, static_cast<char>(json.size())) + std::string(7, '\0') + json;
  const auto good = SafetensorsFile::from_bytes(flags + std::string("\0\1\1", 3), "f").tensor<bool, 1>("b");
  CHECK((!good(0) && good(1) && good(2)));
  CHECK(safetensors_fault([&] {
          SafetensorsFile::from_bytes(flags + std::string("\0\1\2", 3), "f").tensor<bool, 1>("b");
        }) == "f: tensor 'b': element 2 does not fit the type asked for");
}

TEST_CASE("A file cut off at any byte is refused", "[io][safetensors][errors]") {
  for (const auto& whole : {safetensors_small(), safetensors_by_hand}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CHECK_THROWS_AS(SafetensorsFile::from_bytes(whole.substr(0, length), "f"), rapt::FormatError);
    }
  }
}

TEST_CASE("A file of ours with any bit flipped is refused", "[io][safetensors][errors]") {
  const auto whole = safetensors_small();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      CHECK_THROWS_AS(SafetensorsFile::from_bytes(damaged, "f"), rapt::FormatError);
    }
  }
}

TEST_CASE("A damaged or newer file of ours says so", "[io][safetensors][errors]") {
  auto damaged = safetensors_small();
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  const auto stated = damaged.substr(damaged.find("crc32:"), 14);
  const auto header = rapt::parse_safetensors_header(damaged, "f");
  const auto data = damaged.substr(static_cast<std::size_t>(header.data_begin));
  const auto actual = "crc32:" + rapt::detail::hexadecimal(rapt::crc32(data, rapt::crc32(header.canonical)));
  REQUIRE(actual != stated);
  CHECK(
      safetensors_fault([&] { SafetensorsFile::from_bytes(damaged, "f"); }) ==
      "f: is damaged: its checksum is " + actual + ", it says " + stated +
          " (where another program has changed it on purpose, remove 'rapt.checksum' and 'rapt.format' from "
          "its metadata)");
  const auto with_metadata = [](const std::string& metadata) {
    const std::string json = R"({"__metadata__":)" + metadata + "}";
    const auto bytes = std::string(1, static_cast<char>(json.size())) + std::string(7, '\0') + json;
    return safetensors_fault([&] { SafetensorsFile::from_bytes(bytes, "f"); });
  };
  CHECK(with_metadata(R"({"rapt.format":"1"})") ==
        "f: is damaged: its metadata have 'rapt.format' and no 'rapt.checksum'");
  const auto sum = rapt::detail::hexadecimal(rapt::crc32(R"({"__metadata__":{"rapt.format":"2"}})"));
  CHECK(with_metadata(R"({"rapt.format":"2","rapt.checksum":"crc32:)" + sum + "\"}") ==
        "f: has format version '2' of rapt, this program reads version 1");
}

TEST_CASE("Lists of strings that contradict themselves are refused", "[io][safetensors][errors]") {
  const auto strings = [](std::initializer_list<Index> ends) {
    rapt::SafetensorsWriter writer;
    writer.put_bytes("ids", "abcd");
    writer.put("ids.ends", Tensor<Index, 1>({static_cast<Index>(ends.size())}, ends));
    const auto file = SafetensorsFile::from_bytes(writer.bytes(), "f");
    return safetensors_fault([&] { get_strings(file, "ids"); });
  };
  CHECK(strings({1, 4}) == "nothing was thrown");
  CHECK(strings({1, 5}) == "f: strings 'ids': number 1 ends at 5, expected 1 to 4");
  CHECK(strings({2, 1}) == "f: strings 'ids': number 1 ends at 1, expected 2 to 4");
  CHECK(strings({-1}) == "f: strings 'ids': number 0 ends at -1, expected 0 to 4");
  CHECK(strings({1, 3}) == "f: strings 'ids' end before their text does");
}
