#pragma once
/// \file  Ratings and times as they stand in files.

#include <rapt/core/shape.hpp>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rapt {

namespace detail {

/// The whole text as a number; a leading `+` is dropped, which from_chars does not know.
template <class T>
std::from_chars_result whole_number(std::string_view text, T& value) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc() && result.ptr != end) result.ec = std::errc::invalid_argument;
  return result;
}

}  // namespace detail

/// A finite decimal number such as `4`, `+4`, `-0` or `3.5e0`, in no locale; nothing for anything else, NaN,
/// infinity and what a double cannot hold (`1e400`, `1e-400`) among it.
inline std::optional<double> parse_rating(std::string_view text) {
  double value = 0;
  if (detail::whole_number(text, value).ec != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value == 0 ? 0.0 : value;  // -0 is 0
}

/// Whether a text is meant as a number, finite or not.
inline bool is_numeric(std::string_view text) {
  double value = 0;
  return detail::whole_number(text, value).ec != std::errc::invalid_argument;
}

/// The two forms of a time.
enum class TimeForm { number, date };

/// A time in the unit of the file: the number itself, or seconds since 1970 for a date.
struct TimeValue {
  std::int64_t value = 0;
  TimeForm form = TimeForm::number;
};

namespace detail {

/// Takes `digits` digits off the front; -1 where they are not there.
inline int take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return -1;
  for (std::size_t k = 0; k < digits; ++k) {
    if (text[k] < '0' || text[k] > '9') return -1;
    value = 10 * value + (text[k] - '0');
  }
  text.remove_prefix(digits);
  return value;
}
inline bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// `HH:MM[:SS[.fraction]]` in seconds, the fraction dropped.
inline std::optional<std::int64_t> take_clock(std::string_view& text) {
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take_char(text, ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  if (take_char(text, ':')) {
    second = take_digits(text, 2);
    if (second < 0 || second > 60) return std::nullopt;
    if (take_char(text, '.')) {
      if (take_digits(text, 1) < 0) return std::nullopt;
      while (take_digits(text, 1) >= 0) {
      }
    }
  }
  return std::int64_t{hour} * 3600 + minute * 60 + second;
}

/// Nothing, `Z`, `+HH:MM` or `-HHMM` in seconds.
inline std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.empty() || take_char(text, 'Z')) return 0;
  const bool east = take_char(text, '+');
  if (!east && !take_char(text, '-')) return std::nullopt;
  const int hour = take_digits(text, 2);
  take_char(text, ':');
  const int minute = text.empty() ? 0 : take_digits(text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return (std::int64_t{hour} * 3600 + minute * 60) * (east ? 1 : -1);
}

inline std::optional<TimeValue> parse_date(std::string_view text) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take_char(text, '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (month < 0 || !take_char(text, '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (day < 0 || !date.ok()) return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86400};
  if (!text.empty()) {
    if (!take_char(text, 'T') && !take_char(text, ' ')) return std::nullopt;
    const auto clock = take_clock(text);
    if (!clock) return std::nullopt;
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;
    seconds += *clock - *zone;
  }
  return TimeValue{seconds, TimeForm::date};
}

}  // namespace detail

/// A whole number of any unit (`978300760`, `-3`, `978300760.0`) or a date after ISO 8601 (`2001-01-31`,
/// `2001-01-31T09:30:00Z`); nothing for anything else.
inline std::optional<TimeValue> parse_time(std::string_view text) {
  std::string_view digits = text;
  // Tables that passed through floating point write whole numbers with a point.
  if (const auto point = digits.find('.'); point != std::string_view::npos && point > 0) {
    if (digits.find_first_not_of('0', point + 1) == std::string_view::npos) digits = digits.substr(0, point);
  }
  std::int64_t value = 0;
  if (detail::whole_number(digits, value).ec == std::errc()) return TimeValue{value, TimeForm::number};
  return detail::parse_date(text);
}

}  // namespace rapt
