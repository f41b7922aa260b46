#pragma once
/// \file  From files of `user item [rating [time]]` to interactions.

#include <rapt/core/format_error.hpp>
#include <rapt/recommend/columns.hpp>
#include <rapt/recommend/detect_separator.hpp>
#include <rapt/recommend/field_values.hpp>
#include <rapt/recommend/file_kind.hpp>
#include <rapt/recommend/id_map.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/printable.hpp>
#include <rapt/recommend/read_bytes.hpp>
#include <rapt/recommend/read_report.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Whether the first line names the columns.
enum class Header { detect, present, absent };

/// How a file of interactions is read.
struct ReadOptions {
  std::optional<Separator> separator;  // found out where not given
  Header header = Header::detect;
  TextLimits limits;
};

/// Files over one common set of users and items.
struct InteractionData {
  IdMap users, items;
  std::vector<Interactions> parts;  // one a file, in the order in which they were added
  std::vector<ReadReport> reports;
};

/// Reads one or several files (say train, valid and test) that share users and items.
///
/// Ids are bytes, compared exactly. Where every id of all files is a non-negative integer, the dense order is
/// the numeric one and gaps are closed; else it is that of first appearance. Of a pair given twice in a file
/// the last line counts. A line with a rating that is no finite number, or with an empty id, is rejected and
/// counted; a wrong number of columns, a broken quote or a time of unknown form is an error, as it means that
/// the file is not what it seems.
class InteractionReader {
 public:
  explicit InteractionReader(ReadOptions options = {}) : options_(options) {}

  /// \throws FileReadError where the file cannot be read; FormatError with path and line
  void add_file(const std::string& path) { add_bytes(path, read_text_file(path, options_.limits)); }

  /// The same for bytes that are in memory already (unpacked, say). \param path  what messages call them
  /// \throws FormatError with path and line
  void add_bytes(const std::string& path, std::string_view bytes);

  /// Everything added; the reader is empty afterwards.
  InteractionData finish();

 private:
  struct File {
    std::vector<Interaction> pairs;
    InteractionFields fields;
    ReadReport report;
  };

  Columns find_columns(const std::string& path, std::string_view text, Separator separator,
                       ReadReport& report) const;
  void add_record(const TextRecord& record, const Columns& columns, File& file,
                  std::optional<TimeForm>& form);

  ReadOptions options_;
  IdMap users_, items_;
  std::vector<File> files_;
};

/// The interactions of one file. \throws as InteractionReader::add_file
inline InteractionData read_interactions(const std::string& path, ReadOptions options = {}) {
  InteractionReader reader(options);
  reader.add_file(path);
  return reader.finish();
}

namespace detail {

inline std::string quoted(std::string_view text) { return "'" + printable(text, 40) + "'"; }

inline void reject(ReadReport& report, Index line, std::string reason) {
  constexpr std::size_t remembered = 5;
  ++report.rejected;
  if (report.first_rejected.size() < remembered) report.first_rejected.push_back({line, std::move(reason)});
}

}  // namespace detail

inline void InteractionReader::add_bytes(const std::string& path, std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (const auto kind = recognise_not_text(bytes)) throw FormatError(path, 0, "this is " + *kind);
  File file;
  file.report.path = path;
  const auto separator = options_.separator ? options_.separator : detect_separator(bytes);
  TextRecord record;
  RecordScanner first(path, bytes, separator.value_or(Separator::tab), options_.limits.line);
  if (!first.next(record)) throw FormatError(path, 0, "no interactions");
  if (!separator || record.fields.size() < 2) {
    throw FormatError(path, record.line, describe_unparted(bytes, options_.separator));
  }
  file.report.separator = *separator;
  const Columns columns = find_columns(path, bytes, *separator, file.report);
  file.fields = {columns.rating >= 0, columns.time >= 0};
  file.report.ignored_columns = columns.ignored;

  RecordScanner scanner(path, bytes, *separator, options_.limits.line);
  std::optional<TimeForm> form;
  while (scanner.next(record)) {
    if (record.line != file.report.header_line) add_record(record, columns, file, form);
  }
  file.report.blank = scanner.blank_lines();
  file.report.comments = scanner.comment_lines();
  if (file.pairs.empty()) {
    throw FormatError(path, 0, "no interactions (" + to_string(file.report) + ")");
  }
  files_.push_back(std::move(file));
}

inline Columns InteractionReader::find_columns(const std::string& path, std::string_view text,
                                               Separator separator, ReadReport& report) const {
  RecordScanner scanner(path, text, separator, options_.limits.line);
  std::vector<TextRecord> sample;
  TextRecord record;
  while (sample.size() < 100 && scanner.next(record)) sample.push_back(record);
  const auto named = columns_by_name(sample[0].fields);
  if (options_.header != Header::absent &&
      (options_.header == Header::present || named || looks_like_header(sample))) {
    report.header_line = sample[0].line;
    if (named) return *named;
  }
  const auto count = static_cast<Index>(sample[0].fields.size());
  if (count > 4) {
    throw FormatError(path, sample[0].line,
                      std::to_string(count) +
                          " columns, expected user item [rating [time]]; name the columns in a " +
                          "header line if there are others");
  }
  return default_columns(count);
}

inline void InteractionReader::add_record(const TextRecord& record, const Columns& columns, File& file,
                                          std::optional<TimeForm>& form) {
  const std::string& path = file.report.path;
  if (static_cast<Index>(record.fields.size()) != columns.count) {
    throw FormatError(path, record.line,
                      std::to_string(record.fields.size()) +
                          (record.fields.size() == 1 ? " column" : " columns") + ", expected " +
                          std::to_string(columns.count) + " as in the lines before (parted at " +
                          std::string(to_string(file.report.separator)) + ")");
  }
  ++file.report.lines;
  const auto field = [&record](Index column) -> const std::string& {
    return record.fields[static_cast<std::size_t>(column)];
  };
  Interaction pair;
  if (columns.time >= 0) {
    const auto time = parse_time(field(columns.time));
    if (!time) {
      throw FormatError(path, record.line,
                        "time is " + detail::quoted(field(columns.time)) +
                            ", expected a whole number or a date such as 2001-01-31T09:30:00");
    }
    if (form && *form != time->form) {
      throw FormatError(path, record.line,
                        "time is " + detail::quoted(field(columns.time)) + ", the lines before have " +
                            (*form == TimeForm::number ? "whole numbers" : "dates"));
    }
    form = time->form;
    pair.time = time->value;
  }
  if (field(columns.user).empty() || field(columns.item).empty()) {
    return detail::reject(file.report, record.line, field(columns.user).empty() ? "no user" : "no item");
  }
  if (columns.rating >= 0) {
    const auto rating = parse_rating(field(columns.rating));
    if (!rating) {
      return detail::reject(
          file.report, record.line,
          "rating is " + detail::quoted(field(columns.rating)) + ", expected a finite number");
    }
    pair.rating = *rating;
  }
  pair.user = users_.intern(field(columns.user));
  pair.item = items_.intern(field(columns.item));
  file.pairs.push_back(pair);
}

inline InteractionData InteractionReader::finish() {
  InteractionData data;
  const auto new_user = users_.sort_if_numeric(), new_item = items_.sort_if_numeric();
  data.users = std::exchange(users_, {});
  data.items = std::exchange(items_, {});
  for (File& file : files_) {
    for (Interaction& pair : file.pairs) {
      pair.user = new_user[static_cast<std::size_t>(pair.user)];
      pair.item = new_item[static_cast<std::size_t>(pair.item)];
    }
    data.parts.emplace_back(data.users.size(), data.items.size(), file.pairs, file.fields);
    file.report.merged = data.parts.back().merged();
    file.report.kept = data.parts.back().size();
    data.reports.push_back(std::move(file.report));
  }
  files_.clear();
  return data;
}

}  // namespace rapt
