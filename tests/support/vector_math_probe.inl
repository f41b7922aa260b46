// Kernels that call one word of vector_math.inl each, for vector_math_test.cpp: `values` of them in an array.

#define RAPT_PROBE(word)                                                 \
  template <class T>                                                     \
  RAPT_ENTRY void probe_##word(const T* x, T* y, Index n) {              \
    for (Index i = 0; i < n; i += lane_count<T>) {                       \
      const Index count = n - i < lane_count<T> ? n - i : lane_count<T>; \
      store_part<T>(y + i, word<T>(load_part<T>(x + i, count)), count);  \
    }                                                                    \
  }
RAPT_PROBE(exp)
RAPT_PROBE(exp_below_88)
RAPT_PROBE(expm1)
RAPT_PROBE(log)
RAPT_PROBE(log1p_to_1)
RAPT_PROBE(tanh)
RAPT_PROBE(logistic)
RAPT_PROBE(softplus)
RAPT_PROBE(erf)
RAPT_PROBE(gelu)
RAPT_PROBE(gelu_slope)
#undef RAPT_PROBE
