// Activations of n numbers: `f_values` writes y = f(x), `f_gradient` dx = dy f'(x). Included by
// activation.hpp for each width. A derivative that is cheap to tell from y = f(x) takes y, any other x.

/// Asks for what lies 2 KiB ahead, to be read or written: while it computes, the processor looks less far
/// itself (GELU from memory took 1.4 times as long).
template <class T, int to_write>
RAPT_LANES void fetch_ahead(const T* p) {
#if defined(__GNUC__)
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(p) + 2048), to_write);
#else
  static_cast<void>(p);
#endif
}

template <class T, class F>
RAPT_LANES void map_numbers(const T* x, T* y, Index n, F&& f) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    fetch_ahead<T, 0>(x + piece.at);
    fetch_ahead<T, 1>(y + piece.at);
    store<T>(y, piece, f(load<T>(x, piece)));
  });
}
/// The same of two numbers.
template <class T, class F>
RAPT_LANES void map_pairs(const T* a, const T* b, T* y, Index n, F&& f) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    fetch_ahead<T, 0>(a + piece.at);
    fetch_ahead<T, 0>(b + piece.at);
    fetch_ahead<T, 1>(y + piece.at);
    store<T>(y, piece, f(load<T>(a, piece), load<T>(b, piece)));
  });
}

template <class T>
RAPT_ENTRY void relu_values(const T* x, T* y, Index n) {
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA { return larger<T>(Lanes<T>{}, v); });
}
template <class T>
RAPT_ENTRY void relu_gradient(const T* dy, const T* x, T* dx, Index n) {
  map_pairs<T>(dy, x, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA {
    return choose<T>(v <= Lanes<T>{}, Lanes<T>{}, d);
  });
}

template <class T>
RAPT_ENTRY void leaky_relu_values(const T* x, T* y, Index n, T slope) {
  map_numbers<T>(x, y, n,
                 [&](Lanes<T> v) RAPT_LANES_LAMBDA { return choose<T>(v <= Lanes<T>{}, v * slope, v); });
}
template <class T>
RAPT_ENTRY void leaky_relu_gradient(const T* dy, const T* x, T* dx, Index n, T slope) {
  map_pairs<T>(dy, x, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA {
    return choose<T>(v <= Lanes<T>{}, d * slope, d);
  });
}

template <class T>
RAPT_ENTRY void tanh_values(const T* x, T* y, Index n) {
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA { return tanh<T>(v); });
}
template <class T>
RAPT_ENTRY void tanh_gradient(const T* dy, const T* y, T* dx, Index n) {
  // y = tanh(x):  f' = 1 - y^2
  map_pairs<T>(dy, y, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA { return d * (T(1) - v * v); });
}

template <class T>
RAPT_ENTRY void logistic_values(const T* x, T* y, Index n) {
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA { return logistic<T>(v); });
}
template <class T>
RAPT_ENTRY void logistic_gradient(const T* dy, const T* y, T* dx, Index n) {
  // y = logistic(x):  f' = y (1 - y)
  map_pairs<T>(dy, y, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA { return d * (v * (T(1) - v)); });
}

template <class T>
RAPT_ENTRY void gelu_values(const T* x, T* y, Index n) {
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA { return gelu<T>(v); });
}
template <class T>
RAPT_ENTRY void gelu_gradient(const T* dy, const T* x, T* dx, Index n) {
  map_pairs<T>(dy, x, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA { return d * gelu_slope<T>(v); });
}

template <class T>
RAPT_ENTRY void silu_values(const T* x, T* y, Index n) {
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA { return v * logistic<T>(v); });
}
template <class T>
RAPT_ENTRY void silu_gradient(const T* dy, const T* x, T* dx, Index n) {
  // y = x s, s = logistic(x):  f' = s (1 + x (1 - s))
  map_pairs<T>(dy, x, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> s = logistic<T>(v);
    return d * (s * (T(1) + v * (T(1) - s)));
  });
}

template <class T>
RAPT_ENTRY void softplus_values(const T* x, T* y, Index n, T beta, T threshold) {
  const T inverse = T(1) / beta;
  map_numbers<T>(x, y, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> z = v * beta;
    return choose<T>(z > threshold, v, softplus<T>(z) * inverse);
  });
}
template <class T>
RAPT_ENTRY void softplus_gradient(const T* dy, const T* x, T* dx, Index n, T beta, T threshold) {
  // y = log(1 + exp(beta x)) / beta:  f' = logistic(beta x)
  map_pairs<T>(dy, x, dx, n, [&](Lanes<T> d, Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> z = v * beta;
    return choose<T>(z > threshold, d, d * logistic<T>(z));
  });
}

/// out += a b c(v) of the numbers of four runs: what `f_curvature` below do with c = f''.
template <class T, class F>
RAPT_LANES void add_curvatures(const T* a, const T* b, const T* v, T* out, Index n, F&& curvature) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> factor = load<T>(a, piece) * load<T>(b, piece);
    store<T>(out, piece, load<T>(out, piece) + factor * curvature(load<T>(v, piece)));
  });
}

template <class T>
RAPT_ENTRY void tanh_curvature(const T* a, const T* b, const T* y, T* out, Index n) {
  // f' = 1 - y^2:  f'' = -2 y f'
  add_curvatures<T>(a, b, y, out, n,
                    [&](Lanes<T> v) RAPT_LANES_LAMBDA { return T(-2) * v * (T(1) - v * v); });
}
template <class T>
RAPT_ENTRY void logistic_curvature(const T* a, const T* b, const T* y, T* out, Index n) {
  // f' = y (1 - y):  f'' = f' (1 - 2 y)
  add_curvatures<T>(a, b, y, out, n,
                    [&](Lanes<T> v) RAPT_LANES_LAMBDA { return v * (T(1) - v) * (T(1) - T(2) * v); });
}
template <class T>
RAPT_ENTRY void gelu_curvature(const T* a, const T* b, const T* x, T* out, Index n) {
  // f' = Phi + x phi, phi' = -x phi:  f'' = phi (2 - x^2)
  add_curvatures<T>(a, b, x, out, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> square = v * v;
    return exp<T>(T(-0.5) * square) * (T(2) - square) * T(0.398942280401432677939946);
  });
}
template <class T>
RAPT_ENTRY void silu_curvature(const T* a, const T* b, const T* x, T* out, Index n) {
  // f' = s + x s (1 - s), s' = s (1 - s):  f'' = s' (2 + x (1 - 2 s))
  add_curvatures<T>(a, b, x, out, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> s = logistic<T>(v);
    return s * (T(1) - s) * (T(2) + v * (T(1) - T(2) * s));
  });
}
template <class T>
RAPT_ENTRY void softplus_curvature(const T* a, const T* b, const T* x, T* out, Index n, T beta, T threshold) {
  // f' = s = logistic(beta x):  f'' = beta s (1 - s); beyond the threshold f' = 1
  add_curvatures<T>(a, b, x, out, n, [&](Lanes<T> v) RAPT_LANES_LAMBDA {
    const Lanes<T> z = v * beta, s = logistic<T>(z);
    return choose<T>(z > threshold, Lanes<T>{}, beta * (s * (T(1) - s)));
  });
}
