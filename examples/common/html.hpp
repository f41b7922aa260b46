#pragma once
/// \file  One page of HTML that needs no other file.

#include "common/svg.hpp"

#include <rapt/io/atomic_file.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// RFC 4648, section 4.
inline std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

/// Headings, paragraphs, tables and pictures, one after the other; all words are escaped.
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title) : title_(escape_markup(title)) { element("h1", title); }

  void heading(std::string_view words) { element("h2", words); }
  void paragraph(std::string_view words) { element("p", words); }
  /// The first row is the head; all but the first column stand to the right.
  void table(const std::vector<std::vector<std::string>>& rows) {
    body_ += "<table>\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string cell = i == 0 ? "th" : "td";
      body_ += "<tr>";
      for (const auto& words : rows[i]) body_ += "<" + cell + ">" + escape_markup(words) + "</" + cell + ">";
      body_ += "</tr>\n";
    }
    body_ += "</table>\n";
  }
  /// `words` say what the drawing shows to those who do not see it, and stand below it.
  void drawing(const Svg& svg, std::string_view words = {}) {
    if (words.empty()) {
      body_ += "<figure>" + svg.str() + "</figure>\n";
      return;
    }
    body_ += "<figure><div role=\"img\" aria-label=\"" + escape_markup(words) + "\">" + svg.str() +
             "</div><figcaption>" + escape_markup(words) + "</figcaption></figure>\n";
  }
  /// `png` is the file's bytes; pixels stay sharp where the page is enlarged.
  void picture(std::string_view png, std::string_view words) {
    body_ += "<figure><img alt=\"" + escape_markup(words) + "\" src=\"data:image/png;base64," + base64(png) +
             "\"><figcaption>" + escape_markup(words) + "</figcaption></figure>\n";
  }

  std::string str() const {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
           title_ +
           "</title>\n<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
           "color:#222;background:#fff}table{border-collapse:collapse}th,td{padding:.2em "
           ".8em;text-align:right;"
           "border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}figure{margin:1em 0}"
           "img{image-rendering:pixelated;max-width:100%}svg{max-width:100%;height:auto}"
           "figcaption{color:#555}@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}"
           "th,td{border-color:#444}figcaption{color:#aaa}}</style></head><body>\n" +
           body_ + "</body></html>\n";
  }
  /// \throws std::system_error with the path; the file is then as it was
  void write(const std::string& path) const {
    const std::string page = str();
    const std::array<std::string_view, 1> parts{page};
    rapt::write_file_atomically(path, parts, rapt::Previous::drop);
  }

 private:
  void element(const std::string& name, std::string_view words) {
    body_ += "<" + name + ">" + escape_markup(words) + "</" + name + ">\n";
  }

  std::string title_, body_;
};

}  // namespace common
