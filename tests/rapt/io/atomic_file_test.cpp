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
template <class F>
std::string atomic_fault(F f) {
  try {
    f();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "nothing was thrown";
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
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(
      atomic_write(folder / "folder", "text"), std::system_error,
      Message(folder / "folder" + ": is no regular file and is not replaced: Is a directory"));
  CHECK_THROWS_MATCHES(atomic_write("/dev/null", "text"), std::system_error,
                       Message("/dev/null: is no regular file and is not replaced: File exists"));
  const std::string missing = folder / "missing" + "/model";
  const std::string message = atomic_fault([&] { atomic_write(missing, "text"); });
  // Between them stand the process and a number of its own.
  CHECK(message.starts_with(missing + ".tmp-" + std::to_string(getpid()) + "-"));
  CHECK(message.ends_with(": cannot be created: No such file or directory"));
  CHECK(atomic_files_in(folder) == 1);
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("An atomic write that cannot keep the file before it says so and leaves that file",
          "[io][atomic_file][errors]") {
  const rapt_test::TemporaryFolder folder;
  const std::string path = folder.write("model", "old");
  // In the place of the file that would be kept stands a folder: it can neither be removed nor written over.
  std::filesystem::create_directory(path + ".previous");
  CHECK_THROWS_MATCHES(
      atomic_write(path, "new"), std::system_error,
      Catch::Matchers::Message(path + ".previous: the previous file cannot be kept: Invalid argument"));
  CHECK(folder.read("model") == "old");
  CHECK(atomic_files_in(folder) == 2);
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
