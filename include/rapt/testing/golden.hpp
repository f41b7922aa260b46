#pragma once
/// \file  Golden values: tensors by name in a plain text file.

#include <rapt/core/format_error.hpp>
#include <rapt/core/tensor.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace rapt::testing {

/// Tensors read from a text file: lines `name extent extent ... : value value ...`; `#` begins a comment
/// line.
class Golden {
 public:
  /// \throws FormatError with path and line
  explicit Golden(const std::string& path) : path_(path) {
    std::ifstream file(path);
    if (!file) throw FormatError(path, 0, "cannot be opened");
    std::string line;
    for (Index number = 1; std::getline(file, line); ++number) {
      if (!line.empty() && line.front() != '#') parse(line, number);
    }
  }

  bool has(const std::string& name) const { return entries_.contains(name); }
  /// The tensor of that name. \throws FormatError where it is missing or of another rank
  template <class T, std::size_t Rank>
  Tensor<T, Rank> tensor(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) throw FormatError(path_, 0, "has no tensor '" + name + "'");
    const auto& [shape, values] = found->second;
    if (shape.size() != Rank) {
      throw FormatError(
          path_, 0,
          "'" + name + "' has shape " + to_string(shape) + ", expected rank " + std::to_string(Rank));
    }
    Shape<Rank> extents{};
    std::copy(shape.begin(), shape.end(), extents.begin());
    Tensor<T, Rank> result(extents);
    std::transform(values.begin(), values.end(), result.begin(), [](double v) { return static_cast<T>(v); });
    return result;
  }
  /// Fills every parameter and buffer of a model with the tensors `prefix + name`.
  template <class L>
  void load(L& layer, const std::string& prefix = "") const {
    const auto fill = [&](std::string_view name, auto& p) {
      using P = std::remove_reference_t<decltype(p)>;
      if (p.size() == 0 && !has(prefix + std::string(name))) return;
      p = tensor<typename P::Scalar, P::rank>(prefix + std::string(name));
    };
    named_parameters(fill, layer);
    named_buffers(fill, layer);
  }

 private:
  struct Entry {
    std::vector<Index> shape;
    std::vector<double> values;
  };

  template <class T>
  T number(const char*& at, const char* end, Index line) const {
    T value{};
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc{})
      throw FormatError(path_, line, "expected a number at '" + std::string(at, end).substr(0, 20) + "'");
    at = stop;
    return value;
  }
  Index count(const std::vector<Index>& shape, Index line) const {
    try {
      return checked_element_count(shape, "shape");
    } catch (const std::exception& error) {
      throw FormatError(path_, line, error.what());
    }
  }
  void parse(const std::string& line, Index number_of_line) {
    const char *at = line.data(), *const end = at + line.size();
    const char* space = std::find(at, end, ' ');
    const auto [position, is_new] = entries_.try_emplace(std::string(at, space));
    if (!is_new) throw FormatError(path_, number_of_line, "'" + position->first + "' is there twice");
    auto& entry = position->second;
    const auto skip = [&] {
      while (at < end && *at == ' ') ++at;
    };
    at = space;
    for (skip(); at < end && *at != ':'; skip())
      entry.shape.push_back(number<Index>(at, end, number_of_line));
    if (at == end) throw FormatError(path_, number_of_line, "expected ':' after the extents");
    ++at;
    for (skip(); at < end; skip()) entry.values.push_back(number<double>(at, end, number_of_line));
    const Index expected = count(entry.shape, number_of_line);
    if (static_cast<Index>(entry.values.size()) != expected) {
      throw FormatError(
          path_, number_of_line,
          "has " + std::to_string(entry.values.size()) + " values, expected " + std::to_string(expected));
    }
  }

  std::string path_;
  std::map<std::string, Entry> entries_;
};

/// Largest |a - b| over two tensors; infinity where the shapes differ or a number is NaN.
template <class A, class B>
double largest_difference(const A& a, const B& b) {
  if (a.shape() != b.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (Index i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    if (!(difference <= worst))
      worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
  }
  return worst;
}

}  // namespace rapt::testing
