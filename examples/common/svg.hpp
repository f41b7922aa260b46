#pragma once
/// \file  Drawings as SVG: marks, words and line charts.

#include "common/format.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace common {

/// Text that is no markup.
inline std::string escape_markup(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// A drawing of the given size in pixels, y downwards; what is no finite number is not drawn.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  double width() const { return width_; }
  double height() const { return height_; }

  void rectangle(double x, double y, double width, double height, std::string_view fill,
                 std::string_view stroke = "none") {
    add("<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
        number(height) + "\" fill=\"" + std::string(fill) + "\" stroke=\"" + std::string(stroke) + "\"/>");
  }
  void circle(double x, double y, double radius, std::string_view fill, std::string_view stroke = "none") {
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    add("<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" + number(radius) + "\" fill=\"" +
        std::string(fill) + "\" stroke=\"" + std::string(stroke) + "\"/>");
  }
  /// Many dots of one colour as one path: a tenth of the bytes of as many circles.
  void dots(const std::vector<std::pair<double, double>>& places, double diameter, std::string_view colour,
            double opacity = 1) {
    std::string path;
    for (const auto& [x, y] : places) {
      if (std::isfinite(x) && std::isfinite(y)) path += "M" + number(x) + " " + number(y) + "h0";
    }
    add("<path d=\"" + path + "\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" + number(diameter) +
        "\" stroke-linecap=\"round\" stroke-opacity=\"" + number(opacity) + "\" fill=\"none\"/>");
  }
  void line(const std::vector<std::pair<double, double>>& places, std::string_view colour,
            double thickness = 1.5) {
    std::string points;
    for (const auto& [x, y] : places) {
      if (std::isfinite(x) && std::isfinite(y)) points += number(x) + "," + number(y) + " ";
    }
    add("<polyline points=\"" + points + "\" fill=\"none\" stroke=\"" + std::string(colour) +
        "\" stroke-width=\"" + number(thickness) + "\"/>");
  }
  /// `anchor` is start, middle or end.
  void text(double x, double y, std::string_view words, std::string_view anchor = "start", double size = 12,
            std::string_view colour = "#333") {
    add("<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) +
        "\" font-size=\"" + number(size) + "\" fill=\"" + std::string(colour) + "\">" + escape_markup(words) +
        "</text>");
  }
  /// Another drawing with its corner at (x, y).
  void place(double x, double y, const Svg& other) {
    add("<g transform=\"translate(" + number(x) + " " + number(y) + ")\">\n" + other.body_ + "</g>");
  }

  /// The file: white behind, so that it reads on a dark page too.
  std::string str() const {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width_) + "\" height=\"" +
           number(height_) + "\" viewBox=\"0 0 " + number(width_) + " " + number(height_) +
           "\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" + body_ +
           "</svg>\n";
  }

  /// At most two digits after the point, none where they are 0.
  static std::string number(double value) {
    std::string text = fixed(std::isfinite(value) ? value : 0, 2);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
  }

 private:
  void add(const std::string& element) { body_ += element + "\n"; }

  double width_, height_;
  std::string body_;
};

/// One line of a chart.
struct Series {
  std::string name;
  std::vector<double> x, y;  // as many of each
};

struct ChartOptions {
  std::string title, x_label, y_label;
  double width = 520, height = 300;
  bool from_zero = false;  // the y axis begins at 0
};

/// Colours that stay apart for those who see fewer (Okabe and Ito 2008).
inline std::string_view series_colour(std::size_t i) {
  static constexpr std::string_view colours[] = {"#0072b2", "#d55e00", "#009e73",
                                                 "#cc79a7", "#e69f00", "#56b4e9"};
  return colours[i % std::size(colours)];
}

namespace detail {

/// Ends of an axis and the distance of its marks: 1, 2 or 5 times a power of ten.
struct Axis {
  double low, high, step;
};
inline Axis round_axis(double low, double high) {
  if (!(low <= high)) return {0, 1, 0.5};
  if (high - low < 1e-12 * std::max(1.0, std::abs(high))) high = low + 1;
  const double rough = (high - low) / 4, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough / power < 1.5   ? 1
                               : rough / power < 3.5 ? 2
                               : rough / power < 7.5 ? 5
                                                     : 10);
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step};
}
inline std::string axis_label(double value, double step) {
  if (std::abs(value) < step / 1e6) value = 0;
  const int digits = static_cast<int>(std::clamp(-std::floor(std::log10(step)), 0.0, 6.0));
  return fixed(value, digits);
}

}  // namespace detail

/// Lines over a common x axis, with marks and names.
inline Svg line_chart(const std::vector<Series>& series, const ChartOptions& options) {
  constexpr double left = 62, right = 14, top = 34, bottom = 46;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double low[2] = {infinity, options.from_zero ? 0 : infinity}, high[2] = {-infinity, -infinity};
  for (const auto& s : series) {
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      const double at[2] = {s.x[i], s.y[i]};
      if (!std::isfinite(at[0]) || !std::isfinite(at[1])) continue;
      for (int axis = 0; axis < 2; ++axis) {
        low[axis] = std::min(low[axis], at[axis]);
        high[axis] = std::max(high[axis], at[axis]);
      }
    }
  }
  const auto x_axis = detail::round_axis(low[0], high[0]), y_axis = detail::round_axis(low[1], high[1]);
  const double width = options.width - left - right, height = options.height - top - bottom;
  const auto x_at = [&](double x) { return left + (x - x_axis.low) / (x_axis.high - x_axis.low) * width; };
  const auto y_at = [&](double y) {
    return top + height - (y - y_axis.low) / (y_axis.high - y_axis.low) * height;
  };

  Svg svg(options.width, options.height);
  svg.text(left, 16, options.title, "start", 14, "#111");
  for (double y = y_axis.low; y < y_axis.high + y_axis.step / 2; y += y_axis.step) {
    svg.line({{left, y_at(y)}, {left + width, y_at(y)}}, "#ddd", 1);
    svg.text(left - 6, y_at(y) + 4, detail::axis_label(y, y_axis.step), "end", 11);
  }
  for (double x = x_axis.low; x < x_axis.high + x_axis.step / 2; x += x_axis.step)
    svg.text(x_at(x), top + height + 16, detail::axis_label(x, x_axis.step), "middle", 11);
  svg.line({{left, top}, {left, top + height}, {left + width, top + height}}, "#333", 1);
  svg.text(left + width / 2, options.height - 8, options.x_label, "middle", 12);
  svg.text(left - 6, top - 8, options.y_label, "start", 11);
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::vector<std::pair<double, double>> places;
    for (std::size_t k = 0; k < std::min(series[i].x.size(), series[i].y.size()); ++k) {
      if (std::isfinite(series[i].y[k])) places.emplace_back(x_at(series[i].x[k]), y_at(series[i].y[k]));
    }
    svg.line(places, series_colour(i));
    svg.text(left + width - 4, top + 12 + 15 * static_cast<double>(i), series[i].name, "end", 12,
             series_colour(i));
  }
  return svg;
}

}  // namespace common
