#pragma once
/// \file  What can go wrong, as exit codes.

#include <stdexcept>

namespace recommender {

enum ExitCode { exit_ok = 0, exit_error = 1, exit_usage = 2, exit_data = 3, exit_model = 4 };

/// The command line asks for something that makes no sense.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The data cannot answer the question: an unknown user or item, say.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A model file is not what it should be.
struct ModelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace recommender
