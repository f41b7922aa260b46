// Kernels that call the words of block_product.inl, for block_product_test.cpp.

RAPT_ENTRY inline void probe_row_blocks(Index m, Index& next, Index& wasted, bool& ordered) {
  for_row_blocks(m, [&](auto rows, Index first, Index count) RAPT_LANES_LAMBDA {
    ordered = ordered && first == next && count > 0 && count <= rows();
    next = first + count;
    wasted += rows() - count;
  });
}
template <class T>
RAPT_ENTRY Index probe_strip_columns() {
  return strip_columns<T>;
}
template <class T>
RAPT_ENTRY void probe_block(Index depth, const T* a, Index row_stride, Index step, const T* b, Index b_stride,
                            T* c) {
  Lanes<T> sums[6][strip_lanes<T>];
  block_sums<T, 6, strip_lanes<T>>(depth, rows_of<T, 6>(a, row_stride, step, 6), b, b_stride, sums);
  for (Index i = 0; i < 6; ++i) {
    for (Index j = 0; j < strip_lanes<T>; ++j)
      store<T>(c + i * strip_columns<T> + j * lane_count<T>, sums[i][j]);
  }
}
