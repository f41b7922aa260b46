// Sums of rows of a table. Included by embedding_bag.hpp for each width.

/// y_b = sum_n factor_n table[id_n], rows of y one after the other from that of the first bag on.
template <class T>
RAPT_ENTRY void bag_sums(const Bags& bags, const T* table, const T* factor, T* y) {
  for (Index b = bags.first; b < bags.last; ++b, y += bags.width) {
    const Index from = bags.begin(b), to = bags.end(b);
    for_column_blocks<T>(bags.width, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int count = decltype(vectors)::value;  // a loop to it is unrolled, one to `vectors` is not
      Lanes<T> sums[count] = {};
      for (Index n = from; n < to; ++n) {
        const T* const row = table + bags.ids[n] * bags.width;
        RAPT_UNROLL
        for (int j = 0; j < count; ++j) sums[j] += factor[n] * load<T>(row, nth_piece<T>(piece, j));
      }
      RAPT_UNROLL
      for (int j = 0; j < count; ++j) store<T>(y, nth_piece<T>(piece, j), sums[j]);
    });
  }
}

/// table[id_n] += factor_n dy_b in columns [from, to), the ids in their order; factors are 1 where null. Rows
/// of dy one after the other from that of the first bag on; nothing is added to the row `skipped`.
template <class T>
RAPT_ENTRY void add_to_rows(const Bags& bags, const T* dy, const T* factor, Index from, Index to,
                            Index skipped, T* table) {
  for (Index b = bags.first; b < bags.last; ++b, dy += bags.width) {
    for_column_blocks<T>(to - from, [&](auto vectors, auto piece) RAPT_LANES_LAMBDA {
      constexpr int count = decltype(vectors)::value;
      Lanes<T> d[count];
      RAPT_UNROLL
      for (int j = 0; j < count; ++j) d[j] = load<T>(dy + from, nth_piece<T>(piece, j));
      for (Index n = bags.begin(b); n < bags.end(b); ++n) {
        if (bags.ids[n] == skipped) continue;
        T* const row = table + bags.ids[n] * bags.width + from;
        const T times = factor == nullptr ? T(1) : factor[n];
        RAPT_UNROLL
        for (int j = 0; j < count; ++j) {
          const auto at = nth_piece<T>(piece, j);
          store<T>(row, at, load<T>(row, at) + times * d[j]);
        }
      }
    });
  }
}

/// products_n = dy_b . table[id_n].
template <class T>
RAPT_ENTRY void bag_products(const Bags& bags, const T* dy, const T* table, T* products) {
  for (Index b = bags.first; b < bags.last; ++b, dy += bags.width) {
    for (Index n = bags.begin(b); n < bags.end(b); ++n) {
      const T* const row = table + bags.ids[n] * bags.width;
      Lanes<T> sum{};
      sweep<T>(bags.width,
               [&](auto piece) RAPT_LANES_LAMBDA { sum += load<T>(dy, piece) * load<T>(row, piece); });
      products[n] = sum_of<T>(sum);
    }
  }
}
