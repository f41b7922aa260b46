// Kernels that call the words of sweep.inl, for sweep_test.cpp.

template <class T>
RAPT_ENTRY Index probe_sweep_lanes() {
  return lane_count<T>;
}
/// y = x + 1, piece by piece; how many pieces, and whether each began where the one before had ended.
template <class T>
RAPT_ENTRY void probe_sweep(Index n, const T* x, T* y, Index& pieces, bool& ordered) {
  Index next = 0;
  sweep<T>(n, [&](auto piece) RAPT_LANES_LAMBDA {
    ordered = ordered && piece.at == next;
    next += piece.count;
    ++pieces;
    store<T>(y, piece, load<T>(x, piece) + broadcast<T>(1));
  });
  ordered = ordered && next == n;
}
/// The sum of x + 1 over what counts.
template <class T>
RAPT_ENTRY T probe_counted(Index n, const T* x) {
  Lanes<T> sum{};
  sweep<T>(n, [&](auto piece)
                  RAPT_LANES_LAMBDA { sum += counted<T>(load<T>(x, piece) + broadcast<T>(1), piece); });
  return sum_of<T>(sum);
}
/// y = x + 1 by blocks of columns; whether each began where the one before had ended.
template <class T>
RAPT_ENTRY void probe_column_blocks(Index n, const T* x, T* y, bool& ordered) {
  Index next = 0;
  for_column_blocks<T>(n, [&](auto vectors, auto first) RAPT_LANES_LAMBDA {
    ordered = ordered && first.at == next;
    for (int j = 0; j < decltype(vectors)::value; ++j) {
      const auto piece = nth_piece<T>(first, j);
      store<T>(y, piece, load<T>(x, piece) + broadcast<T>(1));
      next += piece.count;
    }
  });
  ordered = ordered && next == n;
}
