#pragma once
// The two clocks of the report: one thread is measured by the CPU time it got, which a busy machine does not
// change; several by the wall clock, which wants an idle machine.

#include <ctime>

namespace rapt_bench {

inline double seconds_of(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

class Clock {
 public:
  explicit Clock(int threads) : id_(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC) {}
  double now() const { return seconds_of(id_); }

 private:
  clockid_t id_;
};

}  // namespace rapt_bench
