#include "report/peak.hpp"

#include "report/clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <thread>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rapt_bench {
namespace {

// Two pipes with a latency of 4 cycles (mul and add apart: 8) need 8 chains; 12 fit the 16 registers that
// there are before AVX-512.
constexpr int chains = 12;
constexpr long steps = 200'000;

#if defined(__x86_64__)

float sse2_chains() {
  __m128 sum[chains], factor = _mm_set1_ps(0.9999f), term = _mm_set1_ps(1e-4f);
  for (__m128& x : sum) x = term;
  for (long n = 0; n < steps; ++n) {
#pragma GCC unroll 16
    for (int i = 0; i < chains; ++i) {
      __m128 product = _mm_mul_ps(sum[i], factor);
      __asm__("" : "+x"(product));  // or the compiler, told -march=native, would fuse the two
      sum[i] = _mm_add_ps(product, term);
    }
  }
  for (int i = 1; i < chains; ++i) sum[0] = _mm_add_ps(sum[0], sum[i]);
  return _mm_cvtss_f32(sum[0]);
}
[[gnu::target("avx2,fma")]] float avx2_chains() {
  __m256 sum[chains], factor = _mm256_set1_ps(0.9999f), term = _mm256_set1_ps(1e-4f);
  for (int i = 0; i < chains; ++i) sum[i] = term;
  for (long n = 0; n < steps; ++n) {
#pragma GCC unroll 16
    for (int i = 0; i < chains; ++i) sum[i] = _mm256_fmadd_ps(sum[i], factor, term);
  }
  for (int i = 1; i < chains; ++i) sum[0] = _mm256_add_ps(sum[0], sum[i]);
  return _mm256_cvtss_f32(sum[0]);
}
[[gnu::target("avx512f")]] float avx512_chains() {
  __m512 sum[chains], factor = _mm512_set1_ps(0.9999f), term = _mm512_set1_ps(1e-4f);
  for (int i = 0; i < chains; ++i) sum[i] = term;
  for (long n = 0; n < steps; ++n) {
#pragma GCC unroll 16
    for (int i = 0; i < chains; ++i) sum[i] = _mm512_fmadd_ps(sum[i], factor, term);
  }
  for (int i = 1; i < chains; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
  return _mm512_cvtss_f32(sum[0]);
}

#else

float vector_chains() {
  using Vector = float __attribute__((vector_size(16)));
  Vector sum[chains], factor = Vector{} + 0.9999f, term = Vector{} + 1e-4f;
  for (Vector& x : sum) x = term;
  for (long n = 0; n < steps; ++n) {
#pragma GCC unroll 16
    for (int i = 0; i < chains; ++i) sum[i] = sum[i] * factor + term;
  }
  for (int i = 1; i < chains; ++i) sum[0] += sum[i];
  return sum[0][0];
}

#endif

double trial(float (*run)(), int threads) {
  const auto work = [run] {
    volatile float used = run();
    (void)used;
  };
  const Clock clock(threads);
  const double begin = clock.now();
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return clock.now() - begin;
}
Peak measure(const char* width, float (*run)(), int lanes, int threads) {
  double best = trial(run, threads);
  for (int n = 0; n < 15; ++n) best = std::min(best, trial(run, threads));
  return {width, 2.0 * chains * steps * lanes * threads / best};
}

}  // namespace

std::vector<Peak> measure_peaks(int threads) {
#if defined(__x86_64__)
  std::vector<Peak> all{measure("sse2", sse2_chains, 4, threads)};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    all.push_back(measure("avx2", avx2_chains, 8, threads));
  }
  if (__builtin_cpu_supports("avx512f")) all.push_back(measure("avx512", avx512_chains, 16, threads));
  return all;
#else
  return {measure("vector", vector_chains, 4, threads)};
#endif
}

const Peak& reference_peak(const std::vector<Peak>& peaks) {
  const char* forced = std::getenv("RAPT_SIMD");
  for (const Peak& peak : peaks) {
    if (forced != nullptr && peak.width == forced) return peak;
  }
  if (forced != nullptr && std::string_view(forced) == "portable") return peaks.front();
  return peaks.back();
}

}  // namespace rapt_bench
