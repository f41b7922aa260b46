#pragma once
/// \file  The one reader of a whole file.

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace rapt {

/// A file cannot be opened or read; what() reads `ratings.csv: No such file or directory`.
class FileReadError : public std::system_error {
 public:
  /// What failed: a directory can be opened, but not read.
  enum class Step { open, read };

  FileReadError(Step step, std::error_code reason, const std::string& path)
      : std::system_error(reason, path), step_(step) {}

  /// What failed.
  Step step() const noexcept { return step_; }

 private:
  Step step_;
};

/// All bytes of a regular file, FIFO or device. `accept(block)` sees every block before it is kept, in order,
/// and throws to refuse the file: so memory stays bounded whatever is read, an endless device included.
/// \throws FileReadError with path and reason (std::errc::is_a_directory for a directory); what `accept`
///         throws
template <class Accept>
std::string read_whole_file(const std::string& path, Accept accept) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using Step = FileReadError::Step;
  const auto reason = [] { return std::error_code(errno, std::generic_category()); };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) throw FileReadError(Step::open, reason(), path);
  std::string bytes;
  std::array<char, 1 << 16> block;
  // A directory opens, and the first read says what it is.
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
    accept(std::string_view(block.data(), got));
    bytes.append(block.data(), got);
  }
  if (std::ferror(file.get()) != 0) throw FileReadError(Step::read, reason(), path);
  return bytes;
}

}  // namespace rapt
