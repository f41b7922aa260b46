#pragma once
/// \file  IDX files, the format of MNIST and Fashion-MNIST.

#include <rapt/io/gzip.hpp>
#include <rapt/io/labelled_images.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// An array of unsigned bytes, row-major.
struct IdxBytes {
  std::vector<Index> shape;
  std::string values;  // one char an element

  Index operator[](Index i) const { return static_cast<unsigned char>(values[static_cast<std::size_t>(i)]); }
  /// Bytes before the first element.
  Index header() const { return 4 + 4 * static_cast<Index>(shape.size()); }
};

namespace detail {

class IdxReader {
 public:
  IdxReader(std::string_view path, std::string_view bytes) : path_(path), bytes_(bytes) {}

  IdxBytes all() {
    const std::uint32_t magic = number("the magic number");
    if (magic >> 16 != 0 || (magic & 0xff) == 0) {
      fail(0, "magic number is " + hexadecimal(magic, 8) + ", expected 0x0000TTRR: not an IDX file");
    }
    if (const auto type = magic >> 8 & 0xff; type != 0x08) {
      fail(2, "elements are of type " + hexadecimal(type, 2) + ", expected 0x08: unsigned bytes");
    }
    IdxBytes result;
    Index count = 1;
    for (std::uint32_t axis = 0; axis < (magic & 0xff); ++axis) {
      const Index at = at_;
      const auto extent = static_cast<Index>(number("the shape"));
      result.shape.push_back(extent);
      // Only the bytes that are there can be asked for: a shape beyond them is refused before it overflows.
      if (__builtin_mul_overflow(count, extent, &count)) fail(at, "the shape does not fit 64 bits");
    }
    const Index have = size() - at_;
    if (have < count) {
      fail(size(), "file ends after " + std::to_string(have) + " of " + std::to_string(count) +
                       " elements: it is cut off");
    }
    if (have > count) {
      fail(at_ + count,
           std::to_string(have - count) + " bytes follow the last of " + std::to_string(count) + " elements");
    }
    result.values = bytes_.substr(static_cast<std::size_t>(at_));
    return result;
  }

 private:
  Index size() const { return static_cast<Index>(bytes_.size()); }

  // Numbers of the header have four bytes, the highest first.
  std::uint32_t number(const char* what) {
    if (size() - at_ < 4) fail(size(), std::string("file ends in ") + what + ": it is cut off");
    std::uint32_t value = 0;
    for (int k = 0; k < 4; ++k) {
      value = value << 8 | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(at_++)]);
    }
    return value;
  }
  static std::string hexadecimal(std::uint32_t value, int digits) {
    std::string text = "0x";
    for (int k = digits; k-- > 0;) text += "0123456789abcdef"[value >> (4 * k) & 15];
    return text;
  }
  [[noreturn]] void fail(Index offset, const std::string& what) const {
    throw format_error_at_byte(path_, offset, what);
  }

  std::string_view path_, bytes_;
  Index at_ = 0;
};

inline void expect_idx_rank(const std::string& path, const IdxBytes& array, std::size_t rank,
                            const char* what) {
  if (array.shape.size() != rank) {
    throw format_error_at_byte(path, 3,
                               "array has " + std::to_string(array.shape.size()) + " axes, expected " +
                                   std::to_string(rank) + " for " + what);
  }
}

}  // namespace detail

/// An IDX file of unsigned bytes, plain or packed by gzip (format: Y. LeCun's page of MNIST).
/// \throws FormatError with the offset in the unpacked bytes where it is cut off, goes on too long, is no IDX
///         file or holds other elements than unsigned bytes; what read_file throws
inline IdxBytes read_idx(const std::string& path, Index limit = default_file_limit) {
  return detail::IdxReader(path, read_file(path, limit)).all();
}

/// Images (N, H, W) and labels (N) from two IDX files.
/// \throws FormatError with file and offset: what read_idx refuses, images of another size than `format`
///         says, pixels above `format.largest`, labels out of range, as many labels as images;
///         std::invalid_argument where `format` has a number below 1
inline LabelledImages read_idx_images(const std::string& images, const std::string& labels,
                                      const ImageFormat& format = {}) {
  detail::expect_image_format("read_idx_images", format);
  const IdxBytes pixels = read_idx(images);
  detail::expect_idx_rank(images, pixels, 3, "images (N, H, W)");
  if (pixels.shape[1] != format.height || pixels.shape[2] != format.width) {
    throw format_error_at_byte(images, 8,
                               "images are " + std::to_string(pixels.shape[1]) + " x " +
                                   std::to_string(pixels.shape[2]) + " pixels, expected " +
                                   std::to_string(format.height) + " x " + std::to_string(format.width));
  }
  const IdxBytes classes = read_idx(labels);
  detail::expect_idx_rank(labels, classes, 1, "labels (N)");
  if (classes.shape[0] != pixels.shape[0]) {
    throw format_error_at_byte(labels, 4,
                               "holds " + std::to_string(classes.shape[0]) + " labels, expected " +
                                   std::to_string(pixels.shape[0]) + " as there are images in " + images);
  }
  const Index count = pixels.shape[0];
  LabelledImages result{Tensor<float, 4>({count, 1, format.height, format.width}), Tensor<Index, 1>({count}),
                        format.classes};
  for (Index i = 0; i < result.images.size(); ++i) {
    if (pixels[i] > format.largest) {
      throw format_error_at_byte(
          images, pixels.header() + i,
          "pixel is " + std::to_string(pixels[i]) + ", expected 0 to " + std::to_string(format.largest));
    }
    result.images.data()[i] = format.scaled(pixels[i]);
  }
  for (Index n = 0; n < count; ++n) {
    if (classes[n] >= format.classes) {
      throw format_error_at_byte(
          labels, classes.header() + n,
          "label is " + std::to_string(classes[n]) + ", expected 0 to " + std::to_string(format.classes - 1));
    }
    result.labels(n) = classes[n];
  }
  return result;
}

}  // namespace rapt
