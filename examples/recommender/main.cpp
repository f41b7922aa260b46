// rapt-recommend: from a file of interactions to recommendations with reasons.
#include "errors.hpp"
#include "verbs.hpp"

#include <rapt/core/format_error.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/version.hpp>

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <thread>

namespace {

using namespace recommender;

int fail(ExitCode code, const char* what) {
  std::fprintf(stderr, "rapt-recommend: error: %s\n", what);
  return code;
}

int run(const Action& action) {
  try {
    action();
    if (std::fflush(stdout) != 0) return fail(exit_error, "the answer could not be written");
    return exit_ok;
  } catch (const UsageError& error) {
    return fail(exit_usage, error.what());
  } catch (const ModelError& error) {
    return fail(exit_model, error.what());
  } catch (const DataError& error) {
    return fail(exit_data, error.what());
  } catch (const rapt::FormatError& error) {
    return fail(exit_data, error.what());
  } catch (const std::bad_alloc&) {
    return fail(exit_error, "out of memory");
  } catch (const std::invalid_argument& error) {
    return fail(exit_usage, error.what());  // a setting out of range
  } catch (const std::exception& error) {
    return fail(exit_error, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Recommends items with reasons, and compares recommenders on your own interactions.",
                   "rapt-recommend");
  program.set_version_flag("--version", "rapt-recommend " RAPT_VERSION);
  program.require_subcommand(1);
  long threads = static_cast<long>(std::max(1u, std::thread::hardware_concurrency()));
  program.add_option("--threads", threads, "threads to use; results do not depend on it")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  program.footer("Example:\n  rapt-recommend compare --data examples/recommender/data");
  Action action;
  add_compare(program, action);
  add_fit(program, action);
  add_evaluate(program, action);
  add_recommend(program, action);
  add_explain(program, action);
  add_convert(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? exit_ok : exit_usage;
  }
  rapt::set_threads(threads);
  return run(action);
}
