#pragma once
/// \file  A table of a model's parameters.

#include <rapt/core/parameters.hpp>

#include <algorithm>
#include <string>

namespace rapt {

/// Names, shapes and counts of all parameters and buffers, one a line, then the total of the parameters.
template <class L>
std::string summary(const L& layer) {
  std::string text;
  const auto pad = [](std::string cell, std::size_t width) {
    cell.resize(std::max(cell.size() + 1, width), ' ');
    return cell;
  };
  const auto line = [&](std::string_view name, const auto& tensor, const char* note) {
    text += pad(std::string(name), 36) + pad(to_string(tensor.shape()), 20) + std::to_string(tensor.size()) +
            note + "\n";
  };
  named_parameters([&](std::string_view name, const auto& p) { line(name, p, ""); }, layer);
  named_buffers([&](std::string_view name, const auto& b) { line(name, b, " (buffer)"); }, layer);
  return text + pad("total", 56) + std::to_string(parameter_count(layer)) + "\n";
}

}  // namespace rapt
