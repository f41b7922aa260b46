// One loop over a run of numbers. Included by sweep.hpp for each width.

/// Where a vector of a sweep lies, and how many of its lanes count. `whole` is a constant, so that the loop
/// over whole vectors masks nothing.
template <bool whole>
struct Piece {
  Index at, count;
};

template <class T, bool whole>
RAPT_LANES Lanes<T> load(const T* from, Piece<whole> piece) {
  if constexpr (whole) {
    return load<T>(from + piece.at);
  } else {
    return load_part<T>(from + piece.at, piece.count);
  }
}
template <class T, bool whole>
RAPT_LANES void store(T* to, Piece<whole> piece, Lanes<T> x) {
  if constexpr (whole) {
    store<T>(to + piece.at, x);
  } else {
    store_part<T>(to + piece.at, x, piece.count);
  }
}

/// x where the lanes count, 0 elsewhere.
template <class T, bool whole>
RAPT_LANES Lanes<T> counted(Lanes<T> x, Piece<whole> piece) {
  if constexpr (whole) {
    return x;
  } else {
    T part[lane_count<T>];
    for (Index i = 0; i < lane_count<T>; ++i) part[i] = i < piece.count ? T(1) : T(0);
    return choose<T>(load<T>(part) > Lanes<T>{}, x, Lanes<T>{});
  }
}

/// body(piece) for the vectors of n numbers in their order.
template <class T, class Body>
RAPT_LANES void sweep(Index n, Body&& body) {
  Index at = 0;
  for (; at + lane_count<T> <= n; at += lane_count<T>) body(Piece<true>{at, lane_count<T>});
  if (at < n) body(Piece<false>{at, n - at});
}

/// body(vectors, piece) for n columns: `vectors`, a constant, vectors side by side from piece.at on, all
/// whole, or one that ends in part. Many at once, for a body that walks down rows for them.
template <class T, class Body>
RAPT_LANES void for_column_blocks(Index n, Body&& body) {
  Index at = 0;
  for (; at + 8 * lane_count<T> <= n; at += 8 * lane_count<T>) {
    body(std::integral_constant<int, 8>{}, Piece<true>{at, lane_count<T>});
  }
  if (at + 4 * lane_count<T> <= n) {
    body(std::integral_constant<int, 4>{}, Piece<true>{at, lane_count<T>});
    at += 4 * lane_count<T>;
  }
  if (at + 2 * lane_count<T> <= n) {
    body(std::integral_constant<int, 2>{}, Piece<true>{at, lane_count<T>});
    at += 2 * lane_count<T>;
  }
  sweep<T>(n - at, [&](auto piece) RAPT_LANES_LAMBDA {
    piece.at += at;
    body(std::integral_constant<int, 1>{}, piece);
  });
}

/// The j-th vector of a block, from its first.
template <class T, bool whole>
RAPT_LANES Piece<whole> nth_piece(Piece<whole> piece, int j) {
  return {piece.at + j * lane_count<T>, piece.count};
}
