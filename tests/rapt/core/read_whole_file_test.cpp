#include <rapt/core/read_whole_file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#if defined(__unix__)
#include <sys/stat.h>
#endif

namespace {

void accept_all(std::string_view) {}

}  // namespace

TEST_CASE("read_whole_file gives all bytes and shows every block before it keeps it",
          "[core][read_whole_file]") {
  const rapt_test::TemporaryFolder folder;
  const std::string odd("a\0\xff\r\n", 5), many(200'000, 'x');
  CHECK(rapt::read_whole_file(folder.write("odd", odd), accept_all) == odd);
  CHECK(rapt::read_whole_file(folder.write("empty", ""), accept_all).empty());
  std::string seen;
  CHECK(rapt::read_whole_file(folder.write("many", many), [&](std::string_view block) { seen += block; }) ==
        many);
  CHECK(seen == many);
}

TEST_CASE("read_whole_file ends where a block is refused", "[core][read_whole_file][errors]") {
  std::size_t blocks = 0;
  const auto refuse = [&](std::string_view) {
    if (++blocks == 3) throw std::length_error("enough");
  };
  CHECK_THROWS_WITH(rapt::read_whole_file("/dev/zero", refuse), "enough");
  CHECK(blocks == 3);
}

TEST_CASE("read_whole_file says what cannot be opened or read and why", "[core][read_whole_file][errors]") {
  using Step = rapt::FileReadError::Step;
  const rapt_test::TemporaryFolder folder;
  const auto fault = [](const std::string& path, Step step, std::errc reason) {
    try {
      rapt::read_whole_file(path, accept_all);
    } catch (const rapt::FileReadError& error) {
      CHECK(error.step() == step);
      CHECK(error.code() == std::make_error_code(reason));
      return std::string(error.what()).substr(path.size());
    }
    return std::string("nothing was thrown");
  };
  CHECK(fault(folder / "missing", Step::open, std::errc::no_such_file_or_directory) ==
        ": No such file or directory");
  CHECK(fault(folder.path().string(), Step::read, std::errc::is_a_directory) == ": Is a directory");
  std::filesystem::create_symlink(folder / "loop", folder / "loop");
  CHECK(fault(folder / "loop", Step::open, std::errc::too_many_symbolic_link_levels) ==
        ": Too many levels of symbolic links");
#if defined(__linux__)
  // It can be opened, and its first byte, at address 0, cannot be read.
  CHECK(fault("/proc/self/mem", Step::read, std::errc::io_error) == ": Input/output error");
#endif
}

#if defined(__unix__)
TEST_CASE("read_whole_file reads a FIFO to its end", "[core][read_whole_file]") {
  const rapt_test::TemporaryFolder folder;
  const std::string path = folder / "fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] { folder.write("fifo", std::string(100'000, 'x')); });
  const std::string bytes = rapt::read_whole_file(path, accept_all);
  writer.join();
  CHECK(bytes == std::string(100'000, 'x'));
}
#endif
