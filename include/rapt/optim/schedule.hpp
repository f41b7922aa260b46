#pragma once
/// \file  Schedules of the step size: functions from the number of steps made to a factor of the rate.

#include <rapt/core/shape.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rapt {

// A schedule is applied as `adam.options.rate = rate * schedule(step)`, step from 0.

/// `factor^floor(step / every)`, as torch.optim.lr_scheduler.StepLR.
struct StepSchedule {
  Index every = 1;
  double factor = 0.1;
  double operator()(Index step) const { return std::pow(factor, static_cast<double>(step / every)); }
};

/// `floor + (1 - floor) (1 + cos(pi step / steps)) / 2`, and floor from `steps` on (Loshchilov and Hutter
/// 2017, arXiv:1608.03983, eq. 5, without restarts), as torch.optim.lr_scheduler.CosineAnnealingLR up to
/// there.
struct CosineSchedule {
  Index steps = 1;
  double floor = 0;
  double operator()(Index step) const {
    if (step >= steps) return floor;
    const double phase = static_cast<double>(step) / static_cast<double>(steps);
    return floor + (1 - floor) * (1 + std::cos(std::numbers::pi * phase)) / 2;
  }
};

/// `start + (1 - start) min(step / steps, 1)`: a gradual warm-up (Goyal et al. 2017, arXiv:1706.02677,
/// section 2.2), as torch.optim.lr_scheduler.LinearLR.
struct WarmupSchedule {
  Index steps = 1;
  double start = 1.0 / 3;
  double operator()(Index step) const {
    if (step >= steps) return 1;
    return start + (1 - start) * static_cast<double>(step) / static_cast<double>(steps);
  }
};

/// `first` for so many steps, then `second` from its own step 0, as torch.optim.lr_scheduler.SequentialLR;
/// nests.
template <class First, class Second>
struct SequentialSchedule {
  Index steps;  // of the first
  First first;
  Second second;
  double operator()(Index step) const { return step < steps ? first(step) : second(step - steps); }
};
template <class First, class Second>  // clang 14 does not find this by itself
SequentialSchedule(Index, First, Second)->SequentialSchedule<First, Second>;

/// Linear warm-up for `warmup_steps`, then half a cosine down to `floor` at step `steps`.
inline SequentialSchedule<WarmupSchedule, CosineSchedule> warmup_then_cosine(Index warmup_steps, Index steps,
                                                                             double start = 0.01,
                                                                             double floor = 0) {
  return {warmup_steps, {warmup_steps, start}, {std::max<Index>(steps - warmup_steps, 1), floor}};
}

}  // namespace rapt
