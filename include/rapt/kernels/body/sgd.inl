// Gradient descent. Included by sgd.hpp for each width.

template <class T>
RAPT_ENTRY void sgd_step(Index n, const SGDStep<T>& s, T* w, const T* g, T* v) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> weight = load<T>(w, piece);
    Lanes<T> gradient = load<T>(g, piece);
    if (s.penalty != 0) gradient += s.penalty * weight;  // 0 times infinity would be NaN
    const Lanes<T> velocity = s.momentum * load<T>(v, piece) + gradient;
    store<T>(v, piece, velocity);
    store<T>(w, piece, weight - s.rate * (s.nesterov ? gradient + s.momentum * velocity : velocity));
  });
}
