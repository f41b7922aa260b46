#pragma once
// For tests of kernels: each kind of instructions that this processor and build have.

#include <rapt/kernels/simd.hpp>

#include <vector>

namespace rapt_test {

inline std::vector<rapt::Simd> every_simd() {
  std::vector<rapt::Simd> all;
  for (const rapt::Simd simd : {rapt::Simd::portable, rapt::Simd::avx2, rapt::Simd::avx512}) {
    if (rapt::simd_supported(simd)) all.push_back(simd);
  }
  return all;
}

/// Puts the choice of instructions back at the end of the scope.
class KeepSimd {
 public:
  KeepSimd() = default;
  ~KeepSimd() { rapt::set_simd(before_); }
  KeepSimd(const KeepSimd&) = delete;
  KeepSimd& operator=(const KeepSimd&) = delete;

 private:
  rapt::Simd before_ = rapt::simd();
};

}  // namespace rapt_test
