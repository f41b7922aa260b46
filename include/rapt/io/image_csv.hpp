#pragma once
/// \file  Images as lines of numbers.

#include <rapt/io/gzip.hpp>
#include <rapt/io/labelled_images.hpp>
#include <rapt/recommend/record_scanner.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

namespace detail {

inline Index image_csv_number(const std::string& path, const TextRecord& record, std::size_t at,
                              const char* what, Index largest) {
  const std::string& text = record.fields[at];
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < 0 || value > largest) {
    throw FormatError(path, record.line,
                      std::string(what) + " in field " + std::to_string(at + 1) + " is '" +
                          text.substr(0, 40) + "', expected a whole number from 0 to " +
                          std::to_string(largest));
  }
  return value;
}

}  // namespace detail

/// Images from a text, plain or packed by gzip: one line an image, its pixels row by row, then its label,
/// parted by commas. Blank lines and lines that begin with `#` are skipped.
/// \throws FormatError with file and line where a line has another number of fields than `format` says, or a
///         pixel or label is no whole number in range; what read_file throws; std::invalid_argument where
///         `format` has a number below 1
inline LabelledImages read_image_csv(const std::string& path, const ImageFormat& format = {}) {
  detail::expect_image_format("read_image_csv", format);
  const std::string text = read_file(path);
  RecordScanner scanner(path, text, Separator::comma, Index{1} << 20);
  const auto pixels = static_cast<std::size_t>(format.pixels());
  std::vector<float> values;
  std::vector<Index> labels;
  for (TextRecord record; scanner.next(record);) {
    if (record.fields.size() != pixels + 1) {
      throw FormatError(path, record.line,
                        "line has " + std::to_string(record.fields.size()) + " fields, expected " +
                            std::to_string(pixels + 1) + ": " + std::to_string(format.height) + " x " +
                            std::to_string(format.width) + " pixels and a label");
    }
    for (std::size_t k = 0; k < pixels; ++k) {
      values.push_back(format.scaled(detail::image_csv_number(path, record, k, "pixel", format.largest)));
    }
    labels.push_back(detail::image_csv_number(path, record, pixels, "label", format.classes - 1));
  }
  const auto count = static_cast<Index>(labels.size());
  LabelledImages result{Tensor<float, 4>({count, 1, format.height, format.width}), Tensor<Index, 1>({count}),
                        format.classes};
  std::ranges::copy(values, result.images.data());
  std::ranges::copy(labels, result.labels.data());
  return result;
}

}  // namespace rapt
