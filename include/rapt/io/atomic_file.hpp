#pragma once
/// \file  Writing a file so that a crash at any moment leaves a whole one (POSIX).

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rapt {

/// Whether saving over a file keeps the old one, as `<path>.previous` (which replaces the one before it).
enum class Previous { keep, drop };

namespace detail {

[[noreturn]] inline void throw_file_error(const std::string& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), path + ": " + what);
}

/// A new file beside its destination; removed again unless it gets there.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& destination) {
    static std::atomic<unsigned> counter{0};
    path_ = destination + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(counter++);
    // 0666 is what the umask is for.
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file_ < 0) throw_file_error(path_, "cannot be created");
  }
  ~TemporaryFile() {
    if (file_ >= 0) ::close(file_);
    if (!path_.empty()) unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw_file_error(path_, "cannot be written");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void sync_and_close() {
    if (fsync(file_) != 0) throw_file_error(path_, "cannot be written to the disk");
    const int file = file_;
    file_ = -1;
    if (::close(file) != 0) throw_file_error(path_, "cannot be closed");
  }
  void rename_to(const std::string& destination) {
    if (std::rename(path_.c_str(), destination.c_str()) != 0)
      throw_file_error(destination, "cannot be replaced");
    path_.clear();
  }

 private:
  std::string path_;
  int file_ = -1;
};

// The destination never goes missing: the old file gets its second name before the first is taken from it.
inline void keep_previous(const std::string& path) {
  const std::string previous = path + ".previous";
  unlink(previous.c_str());
  if (link(path.c_str(), previous.c_str()) == 0) return;
  std::error_code failed;  // a file system without links
  std::filesystem::copy_file(path, previous, std::filesystem::copy_options::overwrite_existing, failed);
  if (failed) throw std::system_error(failed, previous + ": the previous file cannot be kept");
}

inline void sync_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) throw_file_error(folder, "cannot be opened");
  const int result = fsync(file), reason = errno;
  close(file);
  errno = reason;
  // Some file systems cannot sync a folder and say EINVAL: there the rename is all that can be had.
  if (result != 0 && reason != EINVAL) throw_file_error(folder, "cannot be written to the disk");
}

}  // namespace detail

/// Writes the parts one behind the other to `path`: into a new file beside it, fsync, rename over it, fsync
/// of the folder. Whoever looks sees the old file or the new one, whole. A symbolic link at `path` is
/// replaced, what it points to is not touched. The mode follows the umask.
/// \throws std::system_error with path and reason; the old file is then as it was, and no new one is left
///         behind
inline void write_file_atomically(const std::string& path, std::span<const std::string_view> parts,
                                  Previous previous = Previous::keep) {
  struct stat status {};
  const bool exists = lstat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EEXIST;
    detail::throw_file_error(path, "is no regular file and is not replaced");
  }
  detail::TemporaryFile file(path);
  for (const auto part : parts) file.write(part);
  file.sync_and_close();
  if (exists && S_ISREG(status.st_mode) && previous == Previous::keep) detail::keep_previous(path);
  file.rename_to(path);
  detail::sync_folder_of(path);
}

}  // namespace rapt
