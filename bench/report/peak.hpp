#pragma once
// What the processor can do at most: independent multiply-adds in registers, for each vector width it has.

#include <string>
#include <vector>

namespace rapt_bench {

struct Peak {
  std::string width;                 // as RAPT_SIMD names it: sse2, avx2, avx512; vector elsewhere
  double operations_per_second = 0;  // of `threads` threads together, a multiply-add counted as two
};

/// Narrow to wide; several short trials each, of which the best counts. One thread by its CPU time, more by
/// the wall clock.
std::vector<Peak> measure_peaks(int threads);

/// The peak that shares refer to: that of the width that RAPT_SIMD forces, else the widest.
const Peak& reference_peak(const std::vector<Peak>& peaks);

}  // namespace rapt_bench
