#pragma once
/// \file  Which column is which, and whether the first line says so.

#include <rapt/recommend/field_values.hpp>
#include <rapt/recommend/record_scanner.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// Places of the columns; -1 for one that is not there.
struct Columns {
  Index count = 0;
  Index user = 0, item = 1, rating = -1, time = -1;
  Index ignored = 0;  // columns of other names
};

/// `user item [rating [time]]`. \pre 2 <= count <= 4
inline Columns default_columns(Index count) {
  Columns columns;
  columns.count = count;
  if (count > 2) columns.rating = 2;
  if (count > 3) columns.time = 3;
  return columns;
}

namespace detail {

/// Lower case letters and digits only, and no type suffix: `User_ID:token` gives `userid`.
inline std::string plain_column_name(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, name.find(':'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128 && std::isalnum(byte) != 0) plain += static_cast<char>(std::tolower(byte));
  }
  return plain;
}

inline bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace detail

/// Columns after the names in a header, in any order and case; nothing where user or item are not among them.
inline std::optional<Columns> columns_by_name(const std::vector<std::string>& fields) {
  static constexpr std::string_view users[] = {"user",       "userid", "uid",        "username",  "customer",
                                               "customerid", "member", "reviewerid", "visitorid", "session"};
  static constexpr std::string_view items[] = {
      "item", "itemid", "iid",    "movie", "movieid", "product", "productid", "book",    "isbn",
      "asin", "song",   "songid", "track", "trackid", "artist",  "artistid",  "article", "articleid"};
  static constexpr std::string_view ratings[] = {"rating",  "score",  "stars", "value",
                                                 "overall", "weight", "count"};
  static constexpr std::string_view times[] = {"time", "timestamp",      "date", "datetime",
                                               "ts",   "unixreviewtime", "day"};
  Columns columns{static_cast<Index>(fields.size()), -1, -1, -1, -1, 0};
  for (std::size_t k = 0; k < fields.size(); ++k) {
    const std::string name = detail::plain_column_name(fields[k]);
    const auto place = static_cast<Index>(k);
    if (columns.user < 0 && detail::is_one_of(name, users))
      columns.user = place;
    else if (columns.item < 0 && detail::is_one_of(name, items))
      columns.item = place;
    else if (columns.rating < 0 && detail::is_one_of(name, ratings))
      columns.rating = place;
    else if (columns.time < 0 && detail::is_one_of(name, times))
      columns.time = place;
    else
      ++columns.ignored;
  }
  if (columns.user < 0 || columns.item < 0) return std::nullopt;
  return columns;
}

/// Whether the first of these records is a header without known names: it holds no number, while a column of
/// all the others holds nothing else.
inline bool looks_like_header(std::span<const TextRecord> records) {
  if (records.size() < 2) return false;
  const auto& first = records[0].fields;
  if (std::any_of(first.begin(), first.end(), [](const std::string& field) { return is_numeric(field); }))
    return false;
  for (std::size_t column = 0; column < first.size(); ++column) {
    if (std::all_of(records.begin() + 1, records.end(), [column](const TextRecord& record) {
          return column < record.fields.size() && is_numeric(record.fields[column]);
        })) {
      return true;
    }
  }
  return false;
}

}  // namespace rapt
