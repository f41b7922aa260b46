#pragma once
// libtorch and dlib call whatever BLAS they are linked with; where that is OpenBLAS it has threads of its
// own, of which at::set_num_threads knows nothing.

extern "C" [[gnu::weak]] void openblas_set_num_threads(int);

namespace rapt_bench {

inline void set_blas_threads(int n) {
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(n);
}

}  // namespace rapt_bench
