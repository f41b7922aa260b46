#pragma once
/// \file  Which vector instructions the kernels use, chosen when the program runs.

#include <rapt/core/shape.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

// Two properties of the compiler that the kernels build on: the vector types of GCC and clang, and functions
// compiled for another processor than the rest of their unit.
#if defined(__GNUC__) && !defined(RAPT_NO_VECTOR_TYPES)
#define RAPT_VECTOR_TYPES 1
#else
#define RAPT_VECTOR_TYPES 0
#endif
#if RAPT_VECTOR_TYPES && defined(__x86_64__)
#define RAPT_SIMD_X86 1
#else
#define RAPT_SIMD_X86 0
#endif

namespace rapt {

/// Families of vector instructions. `portable` is what the compiler's own flags give, 16 bytes wide.
enum class Simd { portable, avx2, avx512 };

/// The name that the environment variable RAPT_SIMD knows it by.
constexpr std::string_view simd_name(Simd simd) {
  return simd == Simd::avx512 ? "avx512" : simd == Simd::avx2 ? "avx2" : "portable";
}

/// Whether this processor and this build have it.
inline bool simd_supported(Simd simd) {
#if RAPT_SIMD_X86
  if (simd == Simd::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (simd == Simd::avx512) {
    return simd_supported(Simd::avx2) && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
  }
#endif
  return simd == Simd::portable;
}

namespace detail {

inline Simd checked_simd(Simd simd, std::string_view where) {
  if (simd_supported(simd)) return simd;
  throw std::invalid_argument(std::string(where) + ": this processor or build has no " +
                              std::string(simd_name(simd)));
}

inline Simd widest_simd() {
  if (simd_supported(Simd::avx512)) return Simd::avx512;
  return simd_supported(Simd::avx2) ? Simd::avx2 : Simd::portable;
}

/// What RAPT_SIMD asks for; the widest there is where `name` is null or empty.
inline Simd simd_from(const char* name) {
  if (name == nullptr || *name == '\0') return widest_simd();
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512}) {
    if (simd_name(simd) == name) return checked_simd(simd, "RAPT_SIMD");
  }
  throw std::invalid_argument("RAPT_SIMD: '" + std::string(name) + "', expected portable, avx2 or avx512");
}

inline Simd& chosen_simd() {
  static Simd value = simd_from(std::getenv("RAPT_SIMD"));
  return value;
}

}  // namespace detail

/// The instructions that the kernels use: those of the environment variable RAPT_SIMD (portable, avx2,
/// avx512), else the widest that the processor has.
/// \throws std::invalid_argument at the first use, for an unknown name and for what the processor lacks
inline Simd simd() { return detail::chosen_simd(); }

/// Makes the kernels use these instructions from now on. Not to be called while work is running.
/// \throws std::invalid_argument for what the processor or the build lacks
/// \note   Results of different instructions differ in the last digits.
inline void set_simd(Simd simd) { detail::chosen_simd() = detail::checked_simd(simd, "rapt::set_simd"); }

}  // namespace rapt

/// The address of one kernel, a name in the namespace of every width, for the instructions chosen.
#if RAPT_SIMD_X86
#define RAPT_KERNEL_FOR(simd, ...)                                       \
  ((simd) == ::rapt::Simd::avx512 ? &::rapt::detail::avx512::__VA_ARGS__ \
   : (simd) == ::rapt::Simd::avx2 ? &::rapt::detail::avx2::__VA_ARGS__   \
                                  : &::rapt::detail::portable::__VA_ARGS__)
#else
// g++ does not find out which template is meant behind a comma, so the one choice stands twice.
#define RAPT_KERNEL_FOR(simd, ...)                                           \
  ((simd) == ::rapt::Simd::portable ? &::rapt::detail::portable::__VA_ARGS__ \
                                    : &::rapt::detail::portable::__VA_ARGS__)
#endif
