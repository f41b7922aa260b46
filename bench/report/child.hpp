#pragma once
// Programs that the report runs beside itself.

#include <optional>
#include <string>
#include <vector>

namespace rapt_bench {

/// File of the running program.
std::string own_path();

/// Runs a program (found by PATH) and returns what it prints; nothing where it fails. Its standard error is
/// dropped. `cpu_seconds`, where given, receives its user and system time, that of its children included.
std::optional<std::string> output_of(const std::vector<std::string>& command, double* cpu_seconds = nullptr);

}  // namespace rapt_bench
