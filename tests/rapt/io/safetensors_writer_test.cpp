#include <rapt/io/safetensors_writer.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using rapt::Index;
using rapt::SafetensorsFile;
using rapt::Tensor;

TEST_CASE("What is put into a file comes out of it bit for bit", "[io][safetensors]") {
  const rapt_test::TemporaryFolder folder;
  rapt::SafetensorsWriter writer;
  const Tensor<float, 3> f({2, 1, 2}, {0.1f, -0.0f, std::numeric_limits<float>::denorm_min(), 3e38f});
  const Tensor<double, 1> d({2}, {1.0 / 3, -1e300});
  const Tensor<Index, 1> n({2}, {std::numeric_limits<Index>::min(), 7});
  const Tensor<bool, 2> b({1, 3}, {true, false, true});
  writer.put("f", f);
  writer.put("d", d.view().slice(0, 2));
  writer.put("n", n);
  writer.put("b", b);
  writer.put("nothing", Tensor<float, 2>({0, 5}));
  writer.put_metadata("a \"quoted\" key", "text \xc3\xa4\n");
  writer.save(folder / "m");

  const auto file = SafetensorsFile::read(folder / "m");
  CHECK(std::equal(f.begin(), f.end(), file.tensor<float, 3>("f").begin(),
                   [](float x, float y) { return x == y && std::signbit(x) == std::signbit(y); }));
  CHECK(file.tensor<double, 1>("d")(1) == -1e300);
  CHECK(file.tensor<double, 1>("d")(0) == 1.0 / 3);
  CHECK(file.tensor<Index, 1>("n")(0) == std::numeric_limits<Index>::min());
  CHECK((file.tensor<bool, 2>("b")(0, 2) && !file.tensor<bool, 2>("b")(0, 1)));
  CHECK(file.tensor<float, 2>("nothing").shape() == rapt::Shape<2>{0, 5});
  CHECK(file.metadata() == std::map<std::string, std::string>{{"a \"quoted\" key", "text \xc3\xa4\n"}});
}

TEST_CASE("Strings of any bytes come back as they were", "[io][safetensors]") {
  const std::vector<std::string> ids{"",   "42", std::string("a\0b", 3), "\xff\xfe",
                                     "\n", "",   std::string(10000, 'x')};
  rapt::SafetensorsWriter writer;
  writer.put_strings("ids", ids);
  writer.put_strings("none", std::vector<std::string>{});
  const auto file = SafetensorsFile::from_bytes(writer.bytes(), "f");
  CHECK(get_strings(file, "ids") == ids);
  CHECK(get_strings(file, "none").empty());
}

TEST_CASE("The same contents give the same bytes and data on multiples of their size", "[io][safetensors]") {
  rapt::SafetensorsWriter a, b;
  const Tensor<double, 1> d({1}, {3});
  const Tensor<float, 1> f({1}, {4});
  a.put_bytes("a", "xyz");
  a.put("b", f);
  a.put("c", d);
  b.put("c", d);
  b.put("b", f);
  b.put_bytes("a", "xyz");
  CHECK(a.bytes() == b.bytes());
  const auto file = SafetensorsFile::from_bytes(a.bytes(), "f");
  CHECK(file.entry("c").begin == 0);
  CHECK(file.entry("b").begin == 8);
  CHECK(file.entry("a").begin == 12);
  CHECK((a.bytes().size() - 15) % 8 == 0);
}

TEST_CASE("Names and metadata that cannot be stored are refused", "[io][safetensors][errors]") {
  rapt::SafetensorsWriter writer;
  writer.put_bytes("a", "");
  using Catch::Matchers::Message;
  const auto utf_8 =
      Message("SafetensorsWriter: names and metadata are UTF-8 text; put_strings takes any bytes");
  const auto nul = Message("SafetensorsWriter: names and metadata have no NUL bytes; put_strings takes any");
  const std::string zero(1, '\0');
  CHECK_THROWS_MATCHES(writer.put_bytes("a", ""), std::invalid_argument,
                       Message("SafetensorsWriter: the name 'a' is taken"));
  CHECK_THROWS_MATCHES(writer.put_bytes("__metadata__", ""), std::invalid_argument,
                       Message("SafetensorsWriter: the name '__metadata__' is taken"));
  CHECK_THROWS_MATCHES(writer.put_bytes("\xff", ""), std::invalid_argument, utf_8);
  CHECK_THROWS_MATCHES(writer.put_bytes(zero, ""), std::invalid_argument, nul);
  CHECK_THROWS_MATCHES(writer.put_metadata("k", "\xff"), std::invalid_argument, utf_8);
  CHECK_THROWS_MATCHES(writer.put_metadata("\xff", "v"), std::invalid_argument, utf_8);
  CHECK_THROWS_MATCHES(writer.put_metadata("k", zero), std::invalid_argument, nul);
  for (const std::string key : {"rapt.format", "rapt.checksum"}) {
    CHECK_THROWS_MATCHES(writer.put_metadata(key, "x"), std::invalid_argument,
                         Message("SafetensorsWriter: the metadata '" + key + "' are rapt's own"));
  }
  CHECK(SafetensorsFile::from_bytes(writer.bytes(), "f").names() == std::vector<std::string>{"a"});
  writer.put_metadata("long", std::string(17 << 20, 'x'));
  CHECK_THROWS_MATCHES(
      writer.bytes(), std::invalid_argument,
      Message("SafetensorsWriter: the header would have 17825928 bytes; put_strings holds long "
              "lists outside of it"));
}

TEST_CASE("Saving over a file keeps the one before it", "[io][safetensors]") {
  const rapt_test::TemporaryFolder folder;
  for (const char* text : {"first", "second"}) {
    rapt::SafetensorsWriter writer;
    writer.put_bytes("a", text);
    writer.save(folder / "m");
  }
  CHECK(SafetensorsFile::read(folder / "m").bytes("a") == "second");
  CHECK(SafetensorsFile::read(folder / "m.previous").bytes("a") == "first");
}
