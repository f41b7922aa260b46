#pragma once
/// \file  What the program can do; one file a verb.

#include <CLI/CLI.hpp>

#include <functional>

namespace recommender {

/// What is left to do once the command line has been read.
using Action = std::function<void()>;

void add_fit(CLI::App& program, Action& action);
void add_compare(CLI::App& program, Action& action);
void add_evaluate(CLI::App& program, Action& action);
void add_recommend(CLI::App& program, Action& action);
void add_explain(CLI::App& program, Action& action);
void add_convert(CLI::App& program, Action& action);

}  // namespace recommender
