#include <rapt/io/atomic_file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace {

void atomic_write(const std::string& path, std::string_view text,
                  rapt::Previous previous = rapt::Previous::keep) {
  const std::array parts{text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
  rapt::write_file_atomically(path, parts, previous);
}
std::ptrdiff_t atomic_files_in(const rapt_test::TemporaryFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()),
                       std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("An atomic write replaces the file and keeps the one before it", "[io][atomic_file]") {
  const rapt_test::TemporaryFolder folder;
  atomic_write(folder / "model", "first");
  CHECK(folder.read("model") == "first");
  CHECK(atomic_files_in(folder) == 1);
  atomic_write(folder / "model", "second");
  atomic_write(folder / "model", "third");
  CHECK(folder.read("model") == "third");
  CHECK(folder.read("model.previous") == "second");
  atomic_write(folder / "model", "", rapt::Previous::drop);
  CHECK(folder.read("model").empty());
  CHECK(folder.read("model.previous") == "second");
  CHECK(atomic_files_in(folder) == 2);
}

TEST_CASE("The mode of a written file follows the umask", "[io][atomic_file]") {
  const rapt_test::TemporaryFolder folder;
  const mode_t before = umask(027);
  atomic_write(folder / "model", "text");
  umask(before);
  struct stat status {};
  REQUIRE(stat((folder / "model").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("An atomic write that cannot be done leaves everything as it was", "[io][atomic_file][errors]") {
  const rapt_test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "folder");
  CHECK_THROWS_AS(atomic_write(folder / "folder", "text"), std::system_error);
  CHECK_THROWS_AS(atomic_write(folder / "missing" + "/model", "text"), std::system_error);
  CHECK_THROWS_AS(atomic_write("/dev/null", "text"), std::system_error);
  CHECK(atomic_files_in(folder) == 1);
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("An atomic write replaces a link and not what it points to", "[io][atomic_file]") {
  const rapt_test::TemporaryFolder folder;
  folder.write("target", "old");
  std::filesystem::create_symlink(folder / "target", folder / "model");
  atomic_write(folder / "model", "new");
  CHECK(folder.read("target") == "old");
  CHECK(folder.read("model") == "new");
  CHECK_FALSE(std::filesystem::is_symlink(folder / "model"));
}
