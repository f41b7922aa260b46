#pragma once
/// \file  Which tensor was the first to hold a number that is NaN or infinite.

#include <rapt/core/layer.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace rapt {

namespace detail {

template <class View>
bool all_finite(const View& view) {
  return std::all_of(view.begin(), view.end(), [](auto x) { return std::isfinite(x); });
}

}  // namespace detail

/// Looks at tensors in the order of a computation and keeps the name of the first that is not finite: that
/// is where the trouble began. Allocates for names; made for the step that has already failed.
class FirstNotFinite {
 public:
  template <class View>
  void see(std::string_view name, const View& view) {
    if (found_.empty() && !detail::all_finite(view)) found_ = name;
  }
  /// All numbers of a layer's input, under one name; ids and masks are left out.
  template <class Input>
  void see_input(std::string_view name, const Input& input) {
    detail::zip_views([&](const auto& view) { see(name, view); }, input);
  }
  /// All parameters, then all buffers of a model: `prefix` and the name of the parameter.
  template <class Model>
  void see_parameters(std::string_view prefix, const Model& model) {
    const auto named = [&](std::string_view name, const auto& tensor) {
      see(std::string(prefix) + std::string(name), tensor);
    };
    named_parameters(named, model);
    named_buffers(named, model);
  }

  /// Empty where all was finite so far.
  const std::string& name() const { return found_; }

 private:
  std::string found_;
};

}  // namespace rapt
