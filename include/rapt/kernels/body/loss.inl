// Of n elements of a loss, `f_terms` writes what is summed, `f_gradient` the gradient. Included by loss.hpp
// for each width.

template <class T, bool whole>
RAPT_LANES Lanes<T> target_or_constant(const T* target, T constant, Piece<whole> piece) {
  return target == nullptr ? broadcast<T>(constant) : load<T>(target, piece);
}

/// -t log(logistic(x)) - (1 - t) log(1 - logistic(x)); target t may be null, for one number.
template <class T>
RAPT_ENTRY void binary_cross_entropy_terms(const T* x, const T* target, T constant, T* terms, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> v = load<T>(x, piece), t = target_or_constant<T>(target, constant, piece), zero{};
    const Lanes<T> far = (T(1) - t) * larger<T>(zero, v) + t * larger<T>(zero, -v);
    store<T>(terms, piece, far + log1p_to_1<T>(exp_below_88<T>(-magnitude<T>(v))));
  });
}
template <class T>
RAPT_ENTRY void binary_cross_entropy_gradient(const T* x, const T* target, T constant, T share, T* dx,
                                              Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> t = target_or_constant<T>(target, constant, piece);
    store<T>(dx, piece, (logistic<T>(load<T>(x, piece)) - t) * share);
  });
}

/// log(1 + e^(lower - upper)).
template <class T>
RAPT_ENTRY void ranking_terms(const T* upper, const T* lower, T* terms, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    store<T>(terms, piece, softplus<T>(load<T>(lower, piece) - load<T>(upper, piece)));
  });
}
template <class T>
RAPT_ENTRY void ranking_gradient(const T* upper, const T* lower, T share, T* d_upper, T* d_lower, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> slope = logistic<T>(load<T>(lower, piece) - load<T>(upper, piece)) * share;
    store<T>(d_lower, piece, slope);
    store<T>(d_upper, piece, -slope);
  });
}

/// t (log t - x), where 0 log 0 is 0.
template <class T>
RAPT_ENTRY void divergence_terms(const T* x, const T* target, T* terms, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> t = load<T>(target, piece);
    const Lanes<T> entropy = choose<T>(t == Lanes<T>{}, Lanes<T>{}, t * log<T>(t));
    store<T>(terms, piece, entropy - t * load<T>(x, piece));
  });
}

/// m^2 + e^v - 1 - v.
template <class T>
RAPT_ENTRY void gaussian_terms(const T* mean, const T* log_variance, T* terms, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> m = load<T>(mean, piece), v = load<T>(log_variance, piece);
    store<T>(terms, piece, m * m + (expm1<T>(v) - v));
  });
}
template <class T>
RAPT_ENTRY void gaussian_gradient(const T* mean, const T* log_variance, T share, T* d_mean, T* d_log_variance,
                                  Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    store<T>(d_mean, piece, load<T>(mean, piece) * share);
    store<T>(d_log_variance, piece, expm1<T>(load<T>(log_variance, piece)) * (share / 2));
  });
}

/// log(1 + e^(z - s)) of the scores s that are positive, 0 of the others.
template <class T>
RAPT_ENTRY void list_terms(const T* scores, const bool* positive, T z, T* terms, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> term = softplus<T>(z - load<T>(scores, piece));
    store<T>(terms, piece, choose<T>(flagged_lanes<T>(positive, piece), term, Lanes<T>{}));
  });
}
/// Their derivatives by z, times share.
template <class T>
RAPT_ENTRY void list_slopes(const T* scores, const bool* positive, T z, T share, T* slopes, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> slope = logistic<T>(z - load<T>(scores, piece)) * share;
    store<T>(slopes, piece, choose<T>(flagged_lanes<T>(positive, piece), slope, Lanes<T>{}));
  });
}
/// -slope of the positive scores and pull e^(s - z) of the others, which are at most z.
template <class T>
RAPT_ENTRY void list_gradient(const T* scores, const bool* positive, T z, T share, T pull, T* d, Index n) {
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> s = load<T>(scores, piece), slope = logistic<T>(z - s) * share;
    store<T>(d, piece, choose<T>(flagged_lanes<T>(positive, piece), -slope, exp_below_88<T>(s - z) * pull));
  });
}
