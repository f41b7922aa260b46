// include_cost LIMIT HEADER COMPILER [FLAG...]: fails where a unit that only includes HEADER costs the
// compiler more than LIMIT times the user processor time of Eigen/Core. The least of several runs counts, so
// that other work on the machine only makes it run more often.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

double seconds_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

double seconds_to_include(const std::string& command, const std::string& header) {
  const double before = seconds_of_children();
  const std::string line = command + " -std=c++20 -O2 -fsyntax-only -include " + header + " -x c++ /dev/null";
  if (std::system(line.c_str()) != 0) {
    std::printf("this failed: %s\n", line.c_str());
    std::exit(1);
  }
  return seconds_of_children() - before;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const double limit = std::atof(argv[1]);
  const std::string header = argv[2];
  std::string command;
  for (int k = 3; k < argc; ++k) command += "'" + std::string(argv[k]) + "' ";
  double ours = 1e9, eigen = 1e9;
  for (int round = 1; round <= 9; ++round) {
    ours = std::min(ours, seconds_to_include(command, header));
    eigen = std::min(eigen, seconds_to_include(command, "Eigen/Core"));
    if (round >= 3 && ours <= limit * eigen) break;
  }
  std::printf("%s: %.2f s, Eigen/Core %.2f s, ratio %.2f, limit %.2f\n", header.c_str(), ours, eigen,
              ours / eigen, limit);
  return ours <= limit * eigen ? 0 : 1;
}
