#include <rapt/io/gzip.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <string>
#include <thread>

#include <sys/stat.h>

namespace {

// What `printf 'user item\n1 2\n' | gzip -n` writes.
const std::string gzip_packed(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x2b\x2d\x4e\x2d\x52\xc8\x2c\x49\xcd\xe5\x32"
    "\x54\x30\xe2\x02\x00\xe6\xec\x5a\x63\x0e\x00\x00\x00",
    34);
const std::string gzip_text = "user item\n1 2\n";

std::string gzip_message(const std::string& path, rapt::Index limit = 1000) {
  try {
    rapt::read_file(path, limit);
  } catch (const rapt::FormatError& error) {
    return std::string(error.what()).substr(path.size());
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("read_file gives the bytes of a file as they are", "[io][gzip]") {
  const rapt_test::TemporaryFolder folder;
  const std::string bytes("a\0\xff\r\n", 5);
  CHECK(rapt::read_file(folder.write("plain", bytes)) == bytes);
  CHECK(rapt::read_file(folder.write("empty", "")).empty());
  CHECK(rapt::read_file(folder.write("just_enough", std::string(1000, 'x')), 1000).size() == 1000);
}

TEST_CASE("read_file refuses folders and missing files and files over the limit", "[io][gzip][errors]") {
  const rapt_test::TemporaryFolder folder;
  CHECK(gzip_message(folder.path().string()) == ": is a directory, expected a file");
  CHECK(gzip_message(folder / "missing") == ": cannot be opened: No such file or directory");
  CHECK(gzip_message(folder.write("long", std::string(1001, 'x'))) == ": is larger than 1000 bytes");
  CHECK(gzip_message("/dev/zero", 1 << 20) == ": is larger than 1048576 bytes");
}

TEST_CASE("read_file reads a FIFO to its end", "[io][gzip]") {
  const rapt_test::TemporaryFolder folder;
  const std::string path = folder / "fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] { folder.write("fifo", std::string(200000, 'x')); });
  const auto bytes = rapt::read_file(path);
  writer.join();
  CHECK(bytes == std::string(200000, 'x'));
}

#if defined(RAPT_HAS_ZLIB) && RAPT_HAS_ZLIB

TEST_CASE("read_file unpacks gzip data of one or several members whatever the name", "[io][gzip]") {
  const rapt_test::TemporaryFolder folder;
  CHECK(rapt::read_file(folder.write("a.gz", gzip_packed)) == gzip_text);
  CHECK(rapt::read_file(folder.write("b.txt", gzip_packed + gzip_packed)) == gzip_text + gzip_text);
}

TEST_CASE("read_file refuses gzip data cut off at any byte or followed by something", "[io][gzip][errors]") {
  const rapt_test::TemporaryFolder folder;
  for (std::size_t length = 2; length < gzip_packed.size(); ++length) {
    const auto path = folder.write("cut.gz", gzip_packed.substr(0, length));
    CHECK(gzip_message(path) ==
          ": byte " + std::to_string(length) + ": gzip data ends before its end: the file is cut off");
  }
  CHECK(gzip_message(folder.write("more.gz", gzip_packed + "junk")) ==
        ": byte 34: is not gzip data: something else follows what was packed");
}

TEST_CASE("read_file refuses gzip data with any bit of the packed text or checksum flipped",
          "[io][gzip][errors]") {
  const rapt_test::TemporaryFolder folder;
  for (std::size_t at = 10; at < gzip_packed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = gzip_packed;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      std::string text = gzip_text;  // what a rejected file counts as
      try {
        text = rapt::read_file(folder.write("damaged.gz", damaged));
      } catch (const rapt::FormatError&) {
      }
      CHECK(text == gzip_text);
    }
  }
}

TEST_CASE("read_file stops a gzip bomb at the limit", "[io][gzip][errors]") {
  const rapt_test::TemporaryFolder folder;
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string zeros(10'000'000, '\0'), packed(100'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  const auto path = folder.write("bomb.gz", packed);
  CHECK(rapt::read_file(path, 10'000'000) == zeros);
  CHECK(gzip_message(path, 1'000'000).find("unpacks to more than 1000000 bytes") != std::string::npos);
}

#else

TEST_CASE("Without zlib read_file says how to get gzip data read", "[io][gzip][errors]") {
  const rapt_test::TemporaryFolder folder;
  CHECK(gzip_message(folder.write("a.gz", gzip_packed)).find("apt-get install zlib1g-dev") !=
        std::string::npos);
}

#endif
