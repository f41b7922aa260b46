#pragma once
/// \file  A whole file as bytes, unpacked where it is gzip data.

#include <rapt/core/checked.hpp>
#include <rapt/core/format_error.hpp>
#include <rapt/core/read_whole_file.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(RAPT_HAS_ZLIB) && RAPT_HAS_ZLIB
#include <zlib.h>
#endif

namespace rapt {

/// Most bytes that read_file takes or unpacks to, unless told otherwise.
inline constexpr Index default_file_limit = Index{2} << 30;

/// All bytes of a regular file, FIFO or device, as they are.
/// \throws FormatError where it is a directory, cannot be opened or read, or has more than `limit` bytes
inline std::string read_raw_file(const std::string& path, Index limit = default_file_limit) {
  Index bytes = 0;
  try {
    return read_whole_file(path, [&](std::string_view block) {
      bytes += static_cast<Index>(block.size());
      if (bytes > limit) throw FormatError(path, 0, "is larger than " + std::to_string(limit) + " bytes");
    });
  } catch (const FileReadError& error) {
    if (error.code() == std::errc::is_a_directory) {
      throw FormatError(path, 0, "is a directory, expected a file");
    }
    const bool opened = error.step() == FileReadError::Step::read;
    throw FormatError(path, 0, (opened ? "cannot be read: " : "cannot be opened: ") + error.code().message());
  }
}

/// Whether the bytes begin as gzip data does.
inline bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

#if defined(RAPT_HAS_ZLIB) && RAPT_HAS_ZLIB

namespace detail {

class GzipReader {
 public:
  GzipReader(std::string_view packed, const std::string& path, Index limit)
      : packed_(packed), path_(path), limit_(limit) {
    // 15 + 16: the largest window, gzip's frame and no other.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipReader() { inflateEnd(&stream_); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // A gzip file is one member or several, one behind the other.
  std::string all() {
    while (at_ < packed_.size()) {
      if (!is_gzip(packed_.substr(at_))) fail("is not gzip data: something else follows what was packed");
      inflateReset(&stream_);
      member();
    }
    return std::move(text_);
  }

 private:
  void member() {
    std::array<char, 1 << 16> block;
    for (int state = Z_OK; state != Z_STREAM_END;) {
      const std::size_t piece = std::min<std::size_t>(packed_.size() - at_, 1 << 20);
      // zlib never writes to its input, but older versions do not say so.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data() + at_));
      stream_.avail_in = static_cast<uInt>(piece);
      stream_.next_out = reinterpret_cast<Bytef*>(block.data());
      stream_.avail_out = static_cast<uInt>(block.size());
      state = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t taken = piece - stream_.avail_in, made = block.size() - stream_.avail_out;
      at_ += taken;
      if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
        fail(std::string("gzip data is damaged: ") + (stream_.msg == nullptr ? "bad code" : stream_.msg));
      }
      if (state != Z_STREAM_END && taken == 0 && made == 0)
        fail("gzip data ends before its end: the file is cut off");
      if (static_cast<Index>(text_.size() + made) > limit_) {
        fail("unpacks to more than " + std::to_string(limit_) + " bytes");
      }
      text_.append(block.data(), made);
    }
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw format_error_at_byte(path_, static_cast<Index>(at_), what);
  }

  std::string_view packed_;
  const std::string& path_;
  Index limit_;
  std::size_t at_ = 0;
  std::string text_;
  z_stream stream_{};
};

}  // namespace detail

/// What gzip data (RFC 1952, several members included) unpack to; `path` is for messages.
/// \throws FormatError where they are damaged, cut off, followed by something else, or unpack to more than
///         `limit` bytes
inline std::string gunzip(std::string_view packed, const std::string& path,
                          Index limit = default_file_limit) {
  return detail::GzipReader(packed, path, limit).all();
}

#else

inline std::string gunzip(std::string_view, const std::string& path, Index = default_file_limit) {
  throw FormatError(
      path, 0,
      "is gzip data and this program was built without zlib; unpack it (gunzip), or install zlib "
      "(on Debian: apt-get install zlib1g-dev) and build again");
}

#endif

/// A whole file as bytes, unpacked where it is gzip data, whatever it is called.
/// \throws FormatError as read_raw_file and gunzip do
inline std::string read_file(const std::string& path, Index limit = default_file_limit) {
  std::string bytes = read_raw_file(path, limit);
  return is_gzip(bytes) ? gunzip(bytes, path, limit) : bytes;
}

}  // namespace rapt
