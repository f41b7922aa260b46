#include "common/png.hpp"

#include <rapt/io/atomic_file.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

// The implementation is compiled here and nowhere else.
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

namespace common {
namespace {

using rapt::Index;

unsigned char byte(double value) {
  if (std::isnan(value)) return 0;
  return static_cast<unsigned char>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
}

}  // namespace

Picture::Picture(Index width, Index height) : width_(width), height_(height) {
  if (width < 1 || height < 1 || width > 32767 || height > 32767) {
    throw std::invalid_argument("Picture: " + std::to_string(width) + " x " + std::to_string(height) +
                                " pixels, expected 1 to 32767 each way");
  }
  bytes_.assign(static_cast<std::size_t>(3 * width * height), 255);
}

void Picture::fill(Index x, Index y, Index width, Index height, Colour colour) {
  for (Index row = std::max<Index>(0, y); row < std::min(height_, y + height); ++row) {
    for (Index column = std::max<Index>(0, x); column < std::min(width_, x + width); ++column)
      set(column, row, colour);
  }
}

std::string Picture::png() const {
  std::string file;
  const auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  const int width = static_cast<int>(width_), height = static_cast<int>(height_);
  if (stbi_write_png_to_func(append, &file, width, height, 3, bytes_.data(), 3 * width) == 0)
    throw std::runtime_error("Picture: the PNG could not be made");
  return file;
}

void Picture::write_png(const std::string& path) const {
  const std::string file = png();
  const std::array<std::string_view, 1> parts{file};
  rapt::write_file_atomically(path, parts, rapt::Previous::drop);
}

Colour grey(double value) {
  const unsigned char g = byte(value);
  return {g, g, g};
}

Colour heat(double value) {
  // Nine steps of matplotlib's map inferno (Smith and van der Walt 2015, CC0), straight lines between.
  static constexpr Colour steps[] = {{0, 0, 4},      {31, 12, 72},   {85, 15, 109},
                                     {136, 34, 106}, {186, 54, 85},  {227, 89, 51},
                                     {249, 140, 10}, {249, 201, 50}, {252, 255, 164}};
  const double place = (std::isnan(value) ? 0.0 : std::clamp(value, 0.0, 1.0)) * 8;
  const auto k = std::min<std::size_t>(7, static_cast<std::size_t>(place));
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    const double from = steps[k][c], to = steps[k + 1][c];
    colour[c] = byte((from + (place - static_cast<double>(k)) * (to - from)) / 255);
  }
  return colour;
}

void draw_image(Picture& picture, Index x, Index y, rapt::TensorView<const float, 3> image, double low,
                double high, Index scale) {
  const Index channels = image.extent(0);
  if (channels != 1 && channels != 3) {
    throw std::invalid_argument("draw_image: " + std::to_string(channels) + " channels, expected 1 or 3");
  }
  for (Index row = 0; row < image.extent(1); ++row) {
    for (Index column = 0; column < image.extent(2); ++column) {
      Colour colour{};
      for (Index c = 0; c < 3; ++c) {
        const double value = image(channels == 1 ? 0 : c, row, column);
        colour[static_cast<std::size_t>(c)] = byte((value - low) / (high - low));
      }
      picture.fill(x + column * scale, y + row * scale, scale, scale, colour);
    }
  }
}

Picture image_grid(rapt::TensorView<const float, 4> images, Index columns, double low, double high,
                   Index scale, Index gap) {
  const Index count = images.extent(0), height = images.extent(2) * scale, width = images.extent(3) * scale;
  columns = std::max<Index>(1, columns);
  const Index rows = std::max<Index>(1, (count + columns - 1) / columns);
  Picture picture(columns * (width + gap) - gap, rows * (height + gap) - gap);
  for (Index n = 0; n < count; ++n)
    draw_image(picture, n % columns * (width + gap), n / columns * (height + gap), images[n], low, high,
               scale);
  return picture;
}

}  // namespace common
