// Rotary positions. Included by rotary.hpp for each width.

/// `lane_count` pairs: the first and the second number of each, from two vectors of pairs and back.
template <class T>
struct PairLanes {
  Lanes<T> first, second;
};

#if RAPT_VECTOR_TYPES
template <class T, int... I>
RAPT_LANES PairLanes<T> apart(Lanes<T> low, Lanes<T> high, std::integer_sequence<int, I...>) {
  return {__builtin_shufflevector(low, high, (2 * I)...), __builtin_shufflevector(low, high, (2 * I + 1)...)};
}
template <class T, int... I>
RAPT_LANES PairLanes<T> together(Lanes<T> first, Lanes<T> second, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  return {__builtin_shufflevector(first, second, (I / 2 + I % 2 * n)...),
          __builtin_shufflevector(first, second, ((n + I) / 2 + I % 2 * n)...)};
}
#else
template <class T, int... I>
RAPT_LANES PairLanes<T> apart(Lanes<T> low, Lanes<T> high, std::integer_sequence<int, I...>) {
  return {low, high};
}
template <class T, int... I>
RAPT_LANES PairLanes<T> together(Lanes<T> first, Lanes<T> second, std::integer_sequence<int, I...>) {
  return {first, second};
}
#endif

/// Where the numbers of a piece of pairs lie that are side by side: in two vectors, of which either may be in
/// part.
template <class T, bool whole, class Body>
RAPT_LANES void with_both_pieces(Piece<whole> pairs, Body&& body) {
  const Index count = 2 * pairs.count, low = count < lane_count<T> ? count : lane_count<T>;
  body(Piece<whole>{2 * pairs.at, low}, Piece<whole>{2 * pairs.at + lane_count<T>, count - low});
}

/// Pairs 2i and 2i + 1 where `interleaved`, else i and pairs + i.
template <class T, bool interleaved>
RAPT_LANES void rotate_head(const RotaryRows<T>& t, const T* x, const T* cosine, const T* sine, T* y) {
  constexpr std::make_integer_sequence<int, int{lane_count<T>}> lanes;
  sweep<T>(t.pairs, [&](auto piece) RAPT_LANES_LAMBDA {
    const Lanes<T> c = load<T>(cosine, piece), s = t.direction * load<T>(sine, piece);
    if constexpr (interleaved) {
      with_both_pieces<T>(piece, [&](auto low, auto high) RAPT_LANES_LAMBDA {
        const auto [a, b] = apart<T>(load<T>(x, low), load<T>(x, high), lanes);
        const auto turned = together<T>(a * c - b * s, a * s + b * c, lanes);
        store<T>(y, low, turned.first);
        store<T>(y, high, turned.second);
      });
    } else {
      const Lanes<T> a = load<T>(x, piece), b = load<T>(x + t.pairs, piece);
      store<T>(y, piece, a * c - b * s);
      store<T>(y + t.pairs, piece, a * s + b * c);
    }
  });
  if (x == y) return;
  const Index turned = 2 * t.pairs;
  sweep<T>(t.head - turned,
           [&](auto piece) RAPT_LANES_LAMBDA { store<T>(y + turned, piece, load<T>(x + turned, piece)); });
}

template <class T, bool interleaved>
RAPT_ENTRY void rotate_rows(const RotaryRows<T>& t) {
  const Index width = t.heads * t.head;
  for (Index n = t.first; n < t.last; ++n) {
    const Index position = n % t.length;
    for (Index h = 0; h < t.heads; ++h) {
      const Index at = n * width + h * t.head;
      rotate_head<T, interleaved>(t, t.x + at, t.cosine + position * t.pairs, t.sine + position * t.pairs,
                                  t.y + at);
    }
  }
}
