// One chunk of the forward pass of attention. Included by attention.hpp for each width.

/// Makes weights of a tile of scores: 2^(score - top), `top` having risen to the largest score so far of
/// each query; `sum` their sums so far, and `shrink` what everything summed before is to be multiplied by.
template <class T>
RAPT_ENTRY void exponentials(Index keys, Index columns, T* scores, T* top, T* sum, T* shrink) {
  constexpr T never = -std::numeric_limits<T>::infinity();
  for (Index i = 0; i < columns; i += lane_count<T>) {
    T* const column = scores + i;
    Lanes<T> high[4] = {load<T>(top + i), load<T>(top + i), load<T>(top + i), load<T>(top + i)};
    Index r = 0;
    for (; r + 4 <= keys; r += 4) {
      RAPT_UNROLL
      for (int u = 0; u < 4; ++u) high[u] = larger<T>(load<T>(column + (r + u) * attention_queries), high[u]);
    }
    for (; r < keys; ++r) high[0] = larger<T>(load<T>(column + r * attention_queries), high[0]);
    const Lanes<T> now = larger<T>(larger<T>(high[0], high[1]), larger<T>(high[2], high[3]));
    const Lanes<T> base = choose<T>(now == never, Lanes<T>{}, now);  // -infinity has no difference to itself
    const Lanes<T> less = power_of_two<T>(load<T>(top + i) - base);
    store<T>(top + i, now);
    store<T>(shrink + i, less);
    Lanes<T> sums[2] = {load<T>(sum + i) * less, Lanes<T>{}};
    for (r = 0; r + 2 <= keys; r += 2) {
      RAPT_UNROLL
      for (int u = 0; u < 2; ++u) {
        T* const at = column + (r + u) * attention_queries;
        const Lanes<T> weight = power_of_two<T>(load<T>(at) - base);
        sums[u] += weight;
        store<T>(at, weight);
      }
    }
    if (r < keys) {
      T* const at = column + r * attention_queries;
      const Lanes<T> weight = power_of_two<T>(load<T>(at) - base);
      sums[0] += weight;
      store<T>(at, weight);
    }
    store<T>(sum + i, sums[0] + sums[1]);
  }
}

/// Multiplies each row by its factor, most of which are 1.
template <class T>
RAPT_LANES void shrink_rows(Index rows, Index columns, const T* shrink, T* mixed) {
  for (Index i = 0; i < rows; ++i) {
    if (shrink[i] == T(1)) continue;
    const Lanes<T> factor = broadcast<T>(shrink[i]);
    for (Index d = 0; d < columns; d += lane_count<T>)
      store<T>(mixed + i * columns + d, load<T>(mixed + i * columns + d) * factor);
  }
}

/// scores *= factors.
template <class T>
RAPT_LANES void multiply_tile(Index keys, Index columns, const T* factors, T* scores) {
  for (Index r = 0; r < keys; ++r) {
    for (Index i = 0; i < columns; i += lane_count<T>) {
      T* const at = scores + r * attention_queries + i;
      store<T>(at, load<T>(at) * load<T>(factors + r * attention_queries + i));
    }
  }
}

/// Divides what is summed by the sums of the weights: the outputs of one block of queries.
template <class T>
RAPT_LANES void write_outputs(const ForwardChunk<T>& c, Index query, Index queries,
                              const ForwardBlock<T>& block) {
  const auto& p = *c.problem;
  const Index padded = whole_lanes<T>(p.value_width);
  T* const y = c.y.head(c.b, c.h, p.value_width) + query * c.y.row;
  for (Index i = 0; i < queries; ++i) {
    const T sum = block.sum[i], factor = sum == T(0) ? T(0) : T(1) / sum;
    const T* const from = block.mixed + i * padded;
    T* const to = y + i * c.y.row;
    Index d = 0;
    for (; d + lane_count<T> <= p.value_width; d += lane_count<T>)
      store<T>(to + d, load<T>(from + d) * factor);
    if (d < p.value_width) store_part<T>(to + d, load<T>(from + d) * factor, p.value_width - d);
  }
  T* const top = c.normaliser + (c.b * p.heads + c.h) * p.queries + query;
  T* const log_sum = top + p.batch * p.heads * p.queries;
  for (Index i = 0; i < queries; i += lane_count<T>) {
    const Index count = queries - i < lane_count<T> ? queries - i : lane_count<T>;
    store_part<T>(top + i, load<T>(block.top + i), count);
    store_part<T>(log_sum + i, log<T>(load<T>(block.sum + i)) * std::numbers::log2e_v<T>, count);
  }
}

/// Adds the keys of one tile to a block of queries.
template <class T>
RAPT_LANES void forward_tile(const ForwardChunk<T>& c, const AttentionTile& t, const ForwardBlock<T>& block,
                             TileRows<T> k, TileRows<T> v, RowsAhead<T>& ahead) {
  const auto& p = *c.problem;
  const TileMask mask = tile_mask<T>(p, c.b, c.h, t, c.added);
  if (mask == TileMask::all) return;
  const Index columns = whole_lanes<T>(t.queries), padded = whole_lanes<T>(p.value_width);
  tile_product<T>(t.keys, columns, p.width, k.data, k.stride, 1, block.query, attention_queries, false,
                  c.scores, attention_queries, ahead);
  if (mask == TileMask::some) add_mask<T>(t.keys, columns, c.added, c.scores);
  exponentials<T>(t.keys, columns, c.scores, block.top, block.sum, c.shrink);
  shrink_rows<T>(t.queries, padded, c.shrink, block.mixed);
  if (p.dropout > 0) {
    dropout_factors<T>(p, c.b, c.h, t, c.added);
    multiply_tile<T>(t.keys, columns, c.added, c.scores);
  }
  tile_product<T>(t.queries, padded, t.keys, c.scores, 1, attention_queries, v.data, v.stride, true,
                  block.mixed, padded, ahead);
}

/// Says which rows are needed next while keys [key, key + keys) are at work.
template <class T>
RAPT_LANES void look_ahead(const ForwardChunk<T>& c, Index key, Index keys, RowsAhead<T>& ahead) {
  const auto& p = *c.problem;
  ahead.clear();
  if (key == 0) {
    ahead.add(c.y.head(c.b, c.h, p.value_width) + c.query * c.y.row, c.y.row, c.queries, p.value_width);
  }
  const Index next = key + keys, left = p.keys - next;
  if (left > 0) {
    const Index rows = left < attention_keys ? left : attention_keys;
    ahead.add(p.value.head(c.b, c.key_head, p.value_width) + next * p.value.row, p.value.row, rows,
              p.value_width);
    ahead.add(p.key.head(c.b, c.key_head, p.width) + next * p.key.row, p.key.row, rows, p.width);
  } else {
    const Index rows = p.keys < attention_keys ? p.keys : attention_keys;
    ahead.add(c.next_value, p.value.row, rows, p.value_width);
    ahead.add(c.next_key, p.key.row, rows, p.width);
    ahead.add(c.next_query, p.query.row, c.next_queries, p.width);
  }
  ahead.spread((c.queries * keys / attention_queries + c.queries) / 6);
}

/// Queries [c.query, c.query + c.queries) of one head. False where it found NaN or infinity among what masks
/// may ignore: then nothing of what it wrote counts.
template <class T>
RAPT_ENTRY bool attention_forward_chunk(const ForwardChunk<T>& c) {
  const auto& p = *c.problem;
  const Index padded = whole_lanes<T>(p.value_width);
  const T* const query = p.query.head(c.b, c.h, p.width) + c.query * p.query.row;
  const T* const all_keys = p.key.head(c.b, c.key_head, p.width);
  const T* const all_values = p.value.head(c.b, c.key_head, p.value_width);
  if (c.masked && !finite_rows<T>(query, p.query.row, c.queries, p.width)) return false;
  for (Index first = 0, n = 0; first < c.queries; first += attention_queries, ++n) {
    const Index rows = c.queries - first < attention_queries ? c.queries - first : attention_queries;
    const ForwardBlock<T> block = c.blocks[n];
    pack_transposed<T>(query + first * p.query.row, p.query.row, rows, p.width,
                       p.scale * std::numbers::log2e_v<T>, block.query);
    for (Index i = 0; i < attention_queries; i += lane_count<T>) {
      store<T>(block.top + i, broadcast<T>(-std::numeric_limits<T>::infinity()));
      store<T>(block.sum + i, Lanes<T>{});
    }
    std::memset(block.mixed, 0, sizeof(T) * static_cast<std::size_t>(rows * padded));
  }
  RowsAhead<T> ahead;
  const bool in_place = p.value_width % lane_count<T> == 0 && c.queries <= attention_queries;
  for (Index key = 0; key < p.keys; key += attention_keys) {
    const Index keys = p.keys - key < attention_keys ? p.keys - key : attention_keys;
    const TileRows<T> k{all_keys + key * p.key.row, p.key.row};
    TileRows<T> v{all_values + key * p.value.row, p.value.row};
    if (c.masked && !(finite_rows<T>(k.data, k.stride, keys, p.width) &&
                      finite_rows<T>(v.data, v.stride, keys, p.value_width)))
      return false;
    if (!in_place) {
      pack_rows_of<T>(v.data, v.stride, keys, p.value_width, c.values);
      v = {c.values, padded};
    }
    look_ahead<T>(c, key, keys, ahead);
    for (Index first = 0, n = 0; first < c.queries; first += attention_queries, ++n) {
      const Index rows = c.queries - first < attention_queries ? c.queries - first : attention_queries;
      forward_tile<T>(c, {c.query + first, rows, key, keys}, c.blocks[n], k, v, ahead);
    }
  }
  for (Index first = 0, n = 0; first < c.queries; first += attention_queries, ++n) {
    const Index rows = c.queries - first < attention_queries ? c.queries - first : attention_queries;
    write_outputs<T>(c, c.query + first, rows, c.blocks[n]);
  }
  return true;
}
