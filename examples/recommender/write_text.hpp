#pragma once
/// \file  Writing text files whole or not at all.

#include <rapt/io/atomic_file.hpp>

#include <array>
#include <string>
#include <string_view>

namespace recommender {

/// \throws std::system_error with the path; the file is then as it was
inline void write_text(const std::string& path, std::string_view text) {
  const std::array parts{text};
  rapt::write_file_atomically(path, parts, rapt::Previous::drop);
}

}  // namespace recommender
