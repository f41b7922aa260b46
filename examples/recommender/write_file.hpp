#pragma once
/// \file  Writing small files whole or not at all.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace recommender {

/// Writes beside the path and renames. \throws std::system_error with the path
inline void write_file(const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  std::FILE* file = std::fopen(fresh.c_str(), "wb");
  if (file == nullptr) throw std::system_error(errno, std::generic_category(), path);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) {
    const int reason = errno;
    std::remove(fresh.c_str());
    throw std::system_error(reason, std::generic_category(), path);
  }
  std::filesystem::rename(fresh, path);
}

}  // namespace recommender
