#pragma once
/// \file  Pictures of pixels, and PNG files of them.

#include <rapt/core/tensor_view.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace common {

/// Red, green and blue, each 0 to 255.
using Colour = std::array<unsigned char, 3>;

/// Pixels in rows from the top, white until they are set.
class Picture {
 public:
  /// \throws std::invalid_argument where a side is below 1 or above 32767
  Picture(rapt::Index width, rapt::Index height);

  rapt::Index width() const { return width_; }
  rapt::Index height() const { return height_; }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

  /// What lies outside is not drawn.
  void set(rapt::Index x, rapt::Index y, Colour colour) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    for (std::size_t c = 0; c < 3; ++c)
      bytes_[static_cast<std::size_t>(3 * (y * width_ + x)) + c] = colour[c];
  }
  void fill(rapt::Index x, rapt::Index y, rapt::Index width, rapt::Index height, Colour colour);

  /// The file, as bytes. \throws std::runtime_error where there is no memory for it
  std::string png() const;
  /// \throws std::system_error with the path; the file is then as it was
  void write_png(const std::string& path) const;

 private:
  rapt::Index width_, height_;
  std::vector<unsigned char> bytes_;  // 3 a pixel
};

/// 0 to black, 1 to white; what lies beyond counts as the end, what is no number as black.
Colour grey(double value);

/// 0 to dark violet, through red and orange, 1 to light yellow: more is brighter, also in grey.
Colour heat(double value);

/// A value of each pixel as a picture of `scale` x `scale` squares: one channel by `grey` from [low, high],
/// three channels as red, green, blue. \shape  image (1, H, W) or (3, H, W) \throws std::invalid_argument for
/// other numbers of channels
void draw_image(Picture& picture, rapt::Index x, rapt::Index y, rapt::TensorView<const float, 3> image,
                double low, double high, rapt::Index scale = 1);

/// Images in rows of `columns`, parted by `gap` white pixels.
/// \shape  images (N, 1, H, W) or (N, 3, H, W)
Picture image_grid(rapt::TensorView<const float, 4> images, rapt::Index columns, double low, double high,
                   rapt::Index scale = 1, rapt::Index gap = 1);

}  // namespace common
