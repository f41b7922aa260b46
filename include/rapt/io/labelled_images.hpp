#pragma once
/// \file  Grey images with a class each, and what a file of them must be like.

#include <rapt/core/checked.hpp>
#include <rapt/core/tensor.hpp>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>

namespace rapt {

/// What a file of images is expected to hold.
/// \units pixels are whole numbers from 0 (background) to `largest`; labels are 0 ... classes - 1
struct ImageFormat {
  Index height = 28, width = 28;
  Index classes = 10;
  Index largest = 255;

  Index pixels() const { return checked_multiply(height, width, "ImageFormat: pixels"); }
  /// A pixel on the scale of tanh: 0 becomes -1, `largest` becomes 1.
  float scaled(Index pixel) const { return 2 * static_cast<float>(pixel) / static_cast<float>(largest) - 1; }
};

namespace detail {

inline void expect_image_format(const char* where, const ImageFormat& format) {
  const auto check = [&](const char* name, Index value) {
    if (value < 1) {
      throw std::invalid_argument(std::string(where) + ": " + name + " is " + std::to_string(value) +
                                  ", expected at least 1");
    }
  };
  check("height", format.height);
  check("width", format.width);
  check("classes", format.classes);
  check("largest", format.largest);
}

}  // namespace detail

/// Grey images, -1 background to 1 foreground, and their classes.
/// \shape images (N, 1, H, W), labels (N)
struct LabelledImages {
  Tensor<float, 4> images;
  Tensor<Index, 1> labels;
  Index classes = 0;

  Index size() const { return labels.size(); }

  /// The images of these numbers, in this order. \throws std::out_of_range
  LabelledImages chosen(std::span<const Index> numbers) const {
    const auto count = static_cast<Index>(numbers.size());
    LabelledImages result{Tensor<float, 4>({count, images.extent(1), images.extent(2), images.extent(3)}),
                          Tensor<Index, 1>({count}), classes};
    for (Index n = 0; n < count; ++n) {
      const Index from = numbers[static_cast<std::size_t>(n)];
      expect_id("LabelledImages::chosen", "image", from, size());
      std::ranges::copy(images[from], result.images[n].begin());
      result.labels(n) = labels(from);
    }
    return result;
  }
};

}  // namespace rapt
