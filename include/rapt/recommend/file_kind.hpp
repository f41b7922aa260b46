#pragma once
/// \file  Telling what a file is that is not the text it should be.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace rapt {

/// What bytes look like where they are not lines of text in an ASCII-compatible encoding, with what can be
/// done about it; nothing for text. Single NUL bytes are left to the text: ids may hold any byte.
inline std::optional<std::string> recognise_not_text(std::string_view bytes) {
  using std::operator""sv;
  struct Magic {
    std::string_view start;
    std::string_view what;
  };
  static constexpr Magic magics[] = {
      {"\xFF\xFE\0\0"sv, "UTF-32 text; convert it: iconv -f UTF-32 -t UTF-8"},
      {"\xFF\xFE"sv, "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8"},
      {"\xFE\xFF"sv, "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8"},
      {"\x1F\x8B"sv, "gzip data; unpack it: gunzip"},
      {"PK\x03\x04"sv, "a zip archive (or a spreadsheet); unpack it or save it as CSV"},
      {"BZh"sv, "bzip2 data; unpack it: bunzip2"},
      {"\xFD\x37zXZ"sv, "xz data; unpack it: unxz"},
      {"\x28\xB5\x2F\xFD"sv, "zstd data; unpack it: unzstd"},
      {"PAR1"sv, "a Parquet file; save it as CSV"},
      {"SQLite format 3"sv, "an SQLite database; export a table as CSV"},
      {"\x89PNG"sv, "a PNG image"},
      {"%PDF"sv, "a PDF document"},
      {"\x7F"
       "ELF"sv,
       "a program"},
      {"version https://git-lfs"sv, "a Git LFS pointer, not the file itself; fetch it: git lfs pull"},
      {"<!DOCTYPE"sv, "an HTML page"},
      {"<html"sv, "an HTML page"},
  };
  for (const auto& magic : magics) {
    if (bytes.starts_with(magic.start)) return std::string(magic.what);
  }
  const std::string_view head = bytes.substr(0, 4096);
  std::size_t odd_nul = 0, even_nul = 0, control = 0;
  for (std::size_t k = 0; k < head.size(); ++k) {
    const auto c = static_cast<unsigned char>(head[k]);
    if (c == 0) ++(k % 2 == 0 ? even_nul : odd_nul);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ++control;
  }
  // Latin letters in UTF-16 have a zero in every other byte, on one side only.
  const auto sided = [&head](std::size_t many, std::size_t few) {
    return 5 * many > 2 * head.size() && 9 * few < many;
  };
  if (sided(odd_nul, even_nul) || sided(even_nul, odd_nul)) {
    return "UTF-16 text without a byte order mark; convert it: iconv -f UTF-16LE -t UTF-8";
  }
  if (10 * control > head.size()) return "binary data";
  return std::nullopt;
}

}  // namespace rapt
