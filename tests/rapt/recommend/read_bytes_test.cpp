#include <rapt/recommend/read_bytes.hpp>

#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#if defined(__unix__)
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace {

// A file of its own in the temporary folder, removed at the end.
struct ReadBytesFile {
  explicit ReadBytesFile(const std::string& name)
      : path(std::filesystem::temp_directory_path() / ("rapt_rb_" + name)) {
    remove();
  }
  ~ReadBytesFile() { remove(); }
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("read_text_file gives all bytes as they are", "[recommend][read_bytes]") {
  const ReadBytesFile file("plain");
  const std::string bytes("a\0b\r\nc\n\n", 8);
  file.write(bytes);
  CHECK(rapt::read_text_file(file.path.string()) == bytes);
}

TEST_CASE("read_text_file names the line that is too long and the file that is too large",
          "[recommend][read_bytes]") {
  using Catch::Matchers::ContainsSubstring;
  const ReadBytesFile file("long");
  file.write("1 2\r\n3 4\r" + std::string(100, 'x'));
  try {
    rapt::read_text_file(file.path.string(), {1000, 50});
    FAIL("no error");
  } catch (const rapt::FormatError& error) {
    CHECK(error.line() == 3);
  }
  CHECK_THROWS_AS(rapt::read_text_file(file.path.string(), {20, 500}), rapt::FormatError);
  CHECK_NOTHROW(rapt::read_text_file(file.path.string(), {1000, 100}));
}

TEST_CASE("read_text_file says why a path cannot be read", "[recommend][read_bytes]") {
  const ReadBytesFile nothing("nothing"), folder("folder");
  std::filesystem::create_directory(folder.path);
  CHECK_THROWS_AS(rapt::read_text_file(nothing.path.string()), std::system_error);
  CHECK_THROWS_WITH(rapt::read_text_file(nothing.path.string()),
                    Catch::Matchers::ContainsSubstring("rapt_rb_nothing"));
  CHECK_THROWS_WITH(rapt::read_text_file(folder.path.string()),
                    Catch::Matchers::ContainsSubstring("irectory"));
}

#if defined(__unix__)
TEST_CASE("read_text_file reads a FIFO and stops at the limit on an endless device and on a loop of links",
          "[recommend][read_bytes]") {
  const ReadBytesFile fifo("fifo"), link("link");
  REQUIRE(mkfifo(fifo.path.c_str(), 0600) == 0);
  std::thread writer([&] { fifo.write("7 8\n"); });
  CHECK(rapt::read_text_file(fifo.path.string()) == "7 8\n");
  writer.join();
  CHECK_THROWS_AS(rapt::read_text_file("/dev/zero"), rapt::FormatError);
  std::filesystem::create_symlink(link.path, link.path);
  CHECK_THROWS_AS(rapt::read_text_file(link.path.string()), std::system_error);
}
#endif
