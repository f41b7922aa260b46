#pragma once
/// \file  Lines of text parted into fields.

#include <rapt/core/format_error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// What stands between two fields.
enum class Separator { tab, double_colon, semicolon, comma, spaces };

/// Its name in messages.
inline std::string_view to_string(Separator separator) {
  constexpr std::string_view names[] = {"tab", "'::'", "semicolon", "comma", "spaces"};
  return names[static_cast<int>(separator)];
}

/// Fields of one line; a quoted field may make it span several.
struct TextRecord {
  Index line = 0;  // one-based number of the first of its lines
  std::vector<std::string> fields;
};

/// Walks the records of a text: lines end in LF, CRLF or a lone CR; blank lines and lines that begin with `#`
/// are counted and skipped; spaces around a field are dropped; where the separator is one character, a field
/// may be quoted as in CSV (RFC 4180), with separators, doubled quotes and line ends inside.
/// \borrows path and text
class RecordScanner {
 public:
  RecordScanner(std::string_view path, std::string_view text, Separator separator, Index longest)
      : path_(path), text_(text), separator_(separator), longest_(longest) {}

  Index blank_lines() const { return blank_; }
  Index comment_lines() const { return comments_; }

  /// False at the end. \throws FormatError where a quote is not closed or a line is too long
  bool next(TextRecord& record) {
    while (at_ < text_.size()) {
      const std::size_t end = line_end(at_);
      if (text_.substr(at_, end - at_).find_first_not_of(" \t") == std::string_view::npos) {
        ++blank_;
      } else if (text_[at_] == '#') {
        ++comments_;
      } else {
        record.line = line_;
        read_fields(record);
        return true;
      }
      at_ = end;
      pass_line_end();
    }
    return false;
  }

 private:
  bool ends_line(std::size_t k) const { return k >= text_.size() || text_[k] == '\n' || text_[k] == '\r'; }

  std::size_t line_end(std::size_t from) const {
    const std::size_t end = std::min(text_.find_first_of("\r\n", from), text_.size());
    if (static_cast<Index>(end - from) > longest_) too_long(line_);
    return end;
  }
  [[noreturn]] void too_long(Index line) const {
    throw FormatError(path_, line, "line is longer than " + std::to_string(longest_) + " bytes");
  }

  void pass_line_end() {
    if (at_ >= text_.size()) return;
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  /// Bytes of the separator at k, 0 where there is none.
  std::size_t separator_at(std::size_t k) const {
    if (ends_line(k)) return 0;
    switch (separator_) {
      case Separator::tab:
        return text_[k] == '\t';
      case Separator::semicolon:
        return text_[k] == ';';
      case Separator::comma:
        return text_[k] == ',';
      case Separator::double_colon:
        return text_.substr(k, 2) == "::" ? 2 : 0;
      case Separator::spaces: {
        std::size_t width = 0;
        while (!ends_line(k + width) && is_space(text_[k + width])) ++width;
        return width;
      }
    }
    return 0;
  }
  bool is_space(char c) const { return c == ' ' || (c == '\t' && separator_ != Separator::tab); }

  void read_fields(TextRecord& record) {
    std::size_t count = 0;
    for (;;) {
      while (!ends_line(at_) && is_space(text_[at_])) ++at_;
      // Trailing spaces are no separator before an empty field.
      if (separator_ == Separator::spaces && count > 0 && ends_line(at_)) break;
      if (count == record.fields.size()) record.fields.emplace_back();
      std::string& field = record.fields[count++];
      const bool may_quote = separator_ != Separator::spaces && separator_ != Separator::double_colon;
      if (may_quote && !ends_line(at_) && text_[at_] == '"') {
        read_quoted(field);
      } else {
        const std::size_t from = at_;
        while (!ends_line(at_) && separator_at(at_) == 0) ++at_;
        std::size_t to = at_;
        while (to > from && is_space(text_[to - 1])) --to;
        field.assign(text_.substr(from, to - from));
      }
      const std::size_t width = separator_at(at_);
      if (width == 0) break;
      at_ += width;
    }
    record.fields.resize(count);
    pass_line_end();
  }

  void read_quoted(std::string& field) {
    const Index opened = line_;
    field.clear();
    for (++at_;;) {
      if (at_ >= text_.size())
        throw FormatError(path_, opened, "a quoted field is not closed before the end");
      if (static_cast<Index>(field.size()) > longest_) too_long(opened);
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') break;
      } else if (c == '\n' || (c == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] != '\n'))) {
        ++line_;
      }
      field += c;
      ++at_;
    }
    while (!ends_line(at_) && is_space(text_[at_])) ++at_;
    if (!ends_line(at_) && separator_at(at_) == 0) {
      throw FormatError(path_, line_, "text after a closing quote; double the quotes inside a quoted field");
    }
  }

  std::string path_;
  std::string_view text_;
  Separator separator_;
  Index longest_;
  std::size_t at_ = 0;
  Index line_ = 1, blank_ = 0, comments_ = 0;
};

}  // namespace rapt
