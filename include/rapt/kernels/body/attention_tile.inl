// What the forward and the backward pass of attention do with one tile of scores. Scores lie transposed, keys
// by queries: sums over the keys then run down columns, without any step across lanes, and the tile is ready
// as either operand of the products that follow. Included by attention.hpp for each width.

/// `2^x` for x <= 100 (and NaN), at most 2 ulp off; exactly 0 below -126.5. Scores in units of log(2) save
/// the multiplications by which exp reduces its argument.
template <class T>
RAPT_LANES Lanes<T> power_of_two(Lanes<T> x) {
  constexpr T bias = static_cast<T>(std::numeric_limits<T>::max_exponent - 1), biased = rounder<T> + bias;
  // With the exponent's bias in the sum, its lowest bits are the exponent of 2^n, those of 0 for n = -bias.
  const Lanes<T> in_range = larger<T>(broadcast<T>(-bias), x), sum = in_range + biased;
  const Lanes<T> f = in_range - (sum - biased), power = from_bits<T>(as_bits<T>(sum) << mantissa_bits<T>);
  if constexpr (sizeof(T) == 4) {
    return power * polynomial<T>(f, 1.0000000755f, 0.693147188f, 0.240221075f, 0.0555035711f, 0.00967603192f,
                                 0.00133908639f);
  } else {
    return power * polynomial<T>(f, 1.0, 0.69314718055994530925, 0.24022650695910159567,
                                 0.055504108664821627039, 0.0096181291075872566681, 0.0013333558146406470697,
                                 0.00015403530463724354209, 0.000015252733841556772589,
                                 1.3215432535912376166e-6, 1.0178057087733941105e-7, 7.0741942972885210056e-9,
                                 4.455817908336064493e-10);
  }
}

/// Columns of a padded row.
template <class T>
RAPT_LANES Index whole_lanes(Index columns) {
  return (columns + lane_count<T> - 1) / lane_count<T> * lane_count<T>;
}

/// C (rows, Vectors lanes) = or += A (rows, depth) B (depth, Vectors lanes); rows <= Rows.
template <class T, int Rows, int Vectors>
RAPT_LANES void tile_block(Index depth, const RowPointers<T, Rows>& a, const T* b, Index b_stride, bool add,
                           T* c, Index c_stride, Index rows) {
  Lanes<T> sums[Rows][Vectors];
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) sums[i][j] = Lanes<T>{};
  }
  if (add) {
    RAPT_UNROLL
    for (int i = 0; i < Rows; ++i) {
      const T* const from = c + (i < rows ? i : rows - 1) * c_stride;
      RAPT_UNROLL
      for (int j = 0; j < Vectors; ++j) sums[i][j] = load<T>(from + j * lane_count<T>);
    }
  }
  Index at = 0;
  for (Index p = 0; p < depth; ++p, at += a.step, b += b_stride) {
    Lanes<T> right[Vectors];
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) right[j] = load<T>(b + j * lane_count<T>);
    RAPT_UNROLL
    for (int i = 0; i < Rows; ++i) {
      const Lanes<T> left = broadcast<T>(a.rows[i][at]);
      RAPT_UNROLL
      for (int j = 0; j < Vectors; ++j) sums[i][j] += left * right[j];
    }
  }
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    if (i >= rows) break;
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) store<T>(c + i * c_stride + j * lane_count<T>, sums[i][j]);
  }
}

/// C (rows, columns) = or += A (rows, depth) B (depth, columns), element (i, p) of A lying at
/// a[i * a_row + p * a_step]. Rows of B and C are padded to whole vectors.
template <class T>
RAPT_ENTRY void tile_product(Index rows, Index columns, Index depth, const T* a, Index a_row, Index a_step,
                             const T* b, Index b_stride, bool add, T* c, Index c_stride,
                             RowsAhead<T>& ahead) {
  for (Index column = 0; column < columns; column += strip_columns<T>) {
    with_vectors<T>(columns - column, [&](auto vectors) RAPT_LANES_LAMBDA {
      for_row_blocks(rows, [&](auto block, Index i, Index count) RAPT_LANES_LAMBDA {
        ahead.step();
        tile_block<T, block, vectors>(depth, rows_of<T, block>(a + i * a_row, a_row, a_step, count),
                                      b + column, b_stride, add, c + i * c_stride + column, c_stride, count);
      });
    });
  }
}

#if RAPT_VECTOR_TYPES
/// One step of a transpose: exchanges the upper right and the lower left quarter of blocks of 2 Size x 2
/// Size.
template <class T, Index Size, std::size_t... I>
RAPT_LANES void exchange_quarters(Lanes<T>& upper, Lanes<T>& lower, std::index_sequence<I...>) {
  constexpr Index n = lane_count<T>;
  const Lanes<T> left =
      __builtin_shufflevector(upper, lower, ((Index{I} & Size) != 0 ? Index{I} - Size + n : Index{I})...);
  lower = __builtin_shufflevector(upper, lower, ((Index{I} & Size) != 0 ? Index{I} + n : Index{I} + Size)...);
  upper = left;
}
template <class T, Index Size>
RAPT_LANES void transpose_step(Lanes<T> (&rows)[lane_count<T>]) {
  RAPT_UNROLL
  for (Index i = 0; i < lane_count<T>; ++i) {
    if ((i & Size) == 0) {
      exchange_quarters<T, Size>(rows[i], rows[i + Size],
                                 std::make_index_sequence<static_cast<std::size_t>(lane_count<T>)>{});
    }
  }
  if constexpr (Size > 1) transpose_step<T, Size / 2>(rows);
}
#endif

/// As many rows as a vector has lanes become columns.
template <class T>
RAPT_LANES void transpose_lanes(Lanes<T> (&rows)[lane_count<T>]) {
#if RAPT_VECTOR_TYPES
  if constexpr (lane_count < T >> 1) transpose_step<T, lane_count<T> / 2>(rows);
#else
  static_cast<void>(rows);
#endif
}

/// to (width, attention_queries) = factor * rows^T, zeros behind the last of them.
template <class T>
RAPT_LANES void pack_transposed(const T* from, Index stride, Index rows, Index width, T factor, T* to) {
  constexpr Index lanes = lane_count<T>;
  for (Index i = 0; i < rows; i += lanes) {
    const Index count = rows - i < lanes ? rows - i : lanes;
    for (Index d = 0; d < width; d += lanes) {
      const Index left = width - d < lanes ? width - d : lanes;
      Lanes<T> block[lanes];
      if (count == lanes && left == lanes) {
        RAPT_UNROLL
        for (Index r = 0; r < lanes; ++r) block[r] = load<T>(from + (i + r) * stride + d) * factor;
      } else {
        RAPT_UNROLL
        for (Index r = 0; r < lanes; ++r)
          block[r] = r < count ? load_part<T>(from + (i + r) * stride + d, left) * factor : Lanes<T>{};
      }
      transpose_lanes<T>(block);
      RAPT_UNROLL
      for (Index r = 0; r < lanes; ++r) {
        if (r < left) store<T>(to + (d + r) * attention_queries + i, block[r]);
      }
    }
  }
}

/// Copies rows side by side, each padded with zeros to whole vectors.
template <class T>
RAPT_LANES void pack_rows_of(const T* from, Index stride, Index rows, Index width, T* to) {
  const Index padded = whole_lanes<T>(width);
  for (Index i = 0; i < rows; ++i, from += stride, to += padded) {
    Index d = 0;
    for (; d + lane_count<T> <= width; d += lane_count<T>) store<T>(to + d, load<T>(from + d));
    if (d < width) store<T>(to + d, load_part<T>(from + d, width - d));
  }
}

/// Whether no number of some rows is NaN or infinite.
template <class T>
RAPT_LANES bool finite_rows(const T* from, Index stride, Index rows, Index width) {
  Lanes<T> sum = {};
  for (Index i = 0; i < rows; ++i, from += stride) {
    Index d = 0;
    for (; d + lane_count<T> <= width; d += lane_count<T>) sum += load<T>(from + d) * T(0);
    if (d < width) sum += load_part<T>(from + d, width - d) * T(0);
  }
  return sum_of<T>(sum) == T(0);  // 0 * NaN and 0 * infinity are NaN
}

/// first, first + 1, ...
template <class T>
RAPT_LANES Lanes<T> numbers_from(Index first) {
  T numbers[lane_count<T>];
  for (Index i = 0; i < lane_count<T>; ++i) numbers[i] = static_cast<T>(first + i);
  return load<T>(numbers);
}

#if RAPT_VECTOR_TYPES
template <class T>
struct LaneBytes {
  typedef std::int8_t type __attribute__((vector_size(RAPT_LANE_BYTES / sizeof(T))));
};
#endif

/// The first `count` numbers, -infinity where they are ignored.
template <class T>
RAPT_LANES Lanes<T> without_ignored(Lanes<T> x, const bool* ignored, Index count) {
  const Lanes<T> never = broadcast<T>(-std::numeric_limits<T>::infinity());
#if RAPT_VECTOR_TYPES
  typename LaneBytes<T>::type bytes{};
  if (count == lane_count<T>) {
    std::memcpy(&bytes, ignored, sizeof bytes);
  } else {
    std::memcpy(&bytes, ignored, static_cast<std::size_t>(count));
  }
  return choose<T>(__builtin_convertvector(bytes, LaneBits<T>) != 0, never, x);
#else
  return count > 0 && *ignored ? never : x;
#endif
}

/// x log2(e), finite where x is: a bias of the lowest number weighs nothing beside others, but ignores
/// nothing.
template <class T>
RAPT_LANES Lanes<T> in_units_of_log_2(Lanes<T> x) {
  constexpr T lowest = std::numeric_limits<T>::lowest();
  const Lanes<T> scaled = x * std::numbers::log2e_v<T>, least = broadcast<T>(lowest / 2);
  return choose<T>(scaled < least, choose<T>(x < lowest, scaled, least), scaled);
}

/// Bias and attn_mask of a tile, transposed: what they add to the scores in units of log(2), -infinity where
/// they ignore.
template <class T>
RAPT_LANES void transposed_bias(const AttentionProblem<T>& p, const AttentionTile& t, T* added) {
  constexpr Index lanes = lane_count<T>;
  T rows[lanes * attention_keys];
  for (Index i = 0; i < t.queries; i += lanes) {
    const Index count = t.queries - i < lanes ? t.queries - i : lanes;
    for (Index r = 0; r < count; ++r) {
      const Index at = (t.query + i + r) * p.keys + t.key;
      for (Index j = 0; j < t.keys; j += lanes) {
        const Index left = t.keys - j < lanes ? t.keys - j : lanes;
        Lanes<T> x = {};
        if (p.bias != nullptr) x = in_units_of_log_2<T>(load_part<T>(p.bias + at + j, left));
        if (p.attn_mask != nullptr) x = without_ignored<T>(x, p.attn_mask + at + j, left);
        store<T>(rows + r * attention_keys + j, x);
      }
    }
    pack_transposed<T>(rows, attention_keys, count, t.keys, T(1), added + i);
  }
}

/// Says what is ignored of a tile, and where that is not all or nothing writes what its scores get added in
/// units of log(2), transposed: -infinity where a key is ignored.
template <class T>
RAPT_ENTRY TileMask tile_mask(const AttentionProblem<T>& p, Index b, Index h, const AttentionTile& t,
                              T* added) {
  const TileMask window = window_mask(p, t), padding = padding_mask(p, b, t);
  if (window == TileMask::all || padding == TileMask::all) return TileMask::all;
  const TileMask given = given_mask(p, t);
  if (given == TileMask::all) return given;
  const bool biased = given == TileMask::some || p.bias != nullptr;
  if (window == TileMask::none && padding == TileMask::none && !biased && p.alibi_slopes == nullptr)
    return TileMask::none;
  if (biased) transposed_bias(p, t, added);
  constexpr T never = -std::numeric_limits<T>::infinity();
  const T slope = p.alibi_slopes == nullptr ? T(0) : p.alibi_slopes[h] * std::numbers::log2e_v<T>;
  const Index columns = whole_lanes<T>(t.queries);
  Lanes<T> seen = {};
  for (Index r = 0; r < t.keys; ++r) {
    const Index j = t.key + r;
    // Queries [from, to) of the tile see key j.
    Index from = 0, to = t.queries;
    if (p.after >= 0 && j - t.query > p.after) from = j - t.query - p.after;
    if (p.before >= 0 && t.query + t.queries - 1 - j > p.before) to = j + p.before + 1 - t.query;
    if (padding == TileMask::some && p.key_padding_mask[b * p.keys + j]) to = 0;
    const T first = static_cast<T>(from < t.queries ? from : t.queries),
            end = static_cast<T>(to < 0 ? 0 : to);
    for (Index i = 0; i < columns; i += lane_count<T>) {
      T* const at = added + r * attention_queries + i;
      const Lanes<T> number = numbers_from<T>(i);
      Lanes<T> x = biased ? load<T>(at) : Lanes<T>{};
      if (slope != T(0)) {
        const Lanes<T> distance = number + static_cast<T>(t.query - j);
        x -= slope * larger<T>(distance, -distance);
      }
      x = choose<T>(number >= first, choose<T>(number < end, x, broadcast<T>(never)), broadcast<T>(never));
      seen = choose<T>(x == never, seen, broadcast<T>(T(1)));
      store<T>(at, x);
    }
  }
  return sum_of<T>(seen) > T(0) ? TileMask::some : TileMask::all;
}

/// scores += added, and -infinity where that is; -infinity wins over NaN.
template <class T>
RAPT_LANES void add_mask(Index keys, Index columns, const T* added, T* scores) {
  constexpr T never = -std::numeric_limits<T>::infinity();
  for (Index r = 0; r < keys; ++r) {
    for (Index i = 0; i < columns; i += lane_count<T>) {
      T* const at = scores + r * attention_queries + i;
      const Lanes<T> x = load<T>(added + r * attention_queries + i);
      store<T>(at, choose<T>(x == never, x, load<T>(at) + x));
    }
  }
}
