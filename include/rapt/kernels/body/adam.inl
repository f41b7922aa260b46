// Adam. Included by adam.hpp for each width.

template <class T>
RAPT_ENTRY void adam_step(Index n, const AdamStep<T>& s, T* w, const T* g, T* m, T* v) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> weight = load<T>(w, piece);
    Lanes<T> gradient = load<T>(g, piece), first = load<T>(m, piece), second = load<T>(v, piece);
    if (s.penalty != 0) gradient += s.penalty * weight;  // 0 times infinity would be NaN
    first += s.rest1 * (gradient - first);
    second = s.beta2 * second + s.rest2 * (gradient * gradient);
    store<T>(m, piece, first);
    store<T>(v, piece, second);
    const Lanes<T> size = s.correction2 * square_root<T>(second) + s.epsilon;
    store<T>(w, piece, s.keep * weight - s.rate * (s.correction1 * first) / size);
  });
}
