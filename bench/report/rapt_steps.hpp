#pragma once
// This library's training steps.

#include "report/library.hpp"

namespace rapt_bench {

Side rapt_gan_step(const GanProblem& p);
Side rapt_sasrec_step(const SasrecProblem& p);

}  // namespace rapt_bench
