#pragma once
/// \file  Settings that the user gives, in a file or on the command line.

#include "settings.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace recommender {

/// By model: all settings with what was given, and the names of what was given.
struct GivenSettings {
  std::map<std::string, Settings> settings;
  std::map<std::string, std::set<std::string>> fixed;

  /// \throws UsageError where there is no such model or setting, or the value is none
  void give(const std::string& model, const std::string& setting, std::string_view value);
  /// Each MODEL.SETTING=VALUE. \throws UsageError
  void give(const std::vector<std::string>& assignments);
  /// A file that compare --save-settings wrote. \throws rapt::FormatError, UsageError
  void read(const std::string& path);
};

}  // namespace recommender
