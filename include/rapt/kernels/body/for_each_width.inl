// Includes the kernel bodies in RAPT_BODY once for each width of vectors, each time in a namespace of its
// own. This is how one source becomes the portable, the AVX2 and the AVX-512 kernel: a target attribute
// cannot depend on a template's argument, and it must stand on every function, or g++ lowers the vectors
// first.
//
// A body sees:  RAPT_LANES  attributes of a helper, always inlined into its kernel
//               RAPT_LANES_LAMBDA  the same for a lambda, which inherits no target
//               RAPT_ENTRY  attributes of a kernel that is called through RAPT_KERNEL_FOR
//               RAPT_LANE_BYTES, RAPT_LANE_REGISTERS  how wide, and how many

#if RAPT_SIMD_X86

#define RAPT_LANE_BYTES 64
#define RAPT_LANE_REGISTERS 32
#define RAPT_ENTRY __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")))
#define RAPT_LANES_LAMBDA RAPT_ENTRY __attribute__((always_inline))
#define RAPT_LANES RAPT_LANES_LAMBDA inline
namespace rapt::detail::avx512 {
#include RAPT_BODY
}
#undef RAPT_LANE_BYTES
#undef RAPT_LANE_REGISTERS
#undef RAPT_ENTRY

#define RAPT_LANE_BYTES 32
#define RAPT_LANE_REGISTERS 16
#define RAPT_ENTRY __attribute__((target("avx2,fma")))
namespace rapt::detail::avx2 {
#include RAPT_BODY
}
#undef RAPT_LANE_BYTES
#undef RAPT_LANE_REGISTERS
#undef RAPT_ENTRY
#undef RAPT_LANES
#undef RAPT_LANES_LAMBDA

#endif

#define RAPT_LANE_BYTES 16
#if defined(__aarch64__)
#define RAPT_LANE_REGISTERS 32
#else
#define RAPT_LANE_REGISTERS 16
#endif
#define RAPT_ENTRY
#if RAPT_VECTOR_TYPES
#define RAPT_LANES_LAMBDA __attribute__((always_inline))
#else
#define RAPT_LANES_LAMBDA
#endif
#define RAPT_LANES RAPT_LANES_LAMBDA inline
namespace rapt::detail::portable {
#include RAPT_BODY
}
#undef RAPT_LANE_BYTES
#undef RAPT_LANE_REGISTERS
#undef RAPT_ENTRY
#undef RAPT_LANES
#undef RAPT_LANES_LAMBDA
#undef RAPT_BODY
