// One chunk of the backward pass of attention. Included by attention.hpp for each width.

/// From scores s and d_weights (keys by queries) of a tile: weights 2^(s - top - log_sum), multiplied by
/// `factors` where dropout has some, in place of s; the gradient of s in place of d_weights.
template <class T, bool Drops>
RAPT_LANES void score_gradients(Index keys, Index columns, const BackwardBlock<T>& block, const T* factors,
                                T* scores, T* d_weights) {
  for (Index i = 0; i < columns; i += lane_count<T>) {
    const Lanes<T> top = load<T>(block.top + i), log_sum = load<T>(block.log_sum + i);
    const Lanes<T> subtract = load<T>(block.mean + i);
    for (Index r = 0; r < keys; ++r) {
      const Index at = r * attention_queries + i;
      // Rounding may leave a score above the logarithm of the sum that it is part of, never by that much.
      const Lanes<T> x = (load<T>(scores + at) - top) - log_sum, high = broadcast<T>(T(100));
      const Lanes<T> weight = power_of_two<T>(choose<T>(x > high, high, x));
      if constexpr (Drops) {
        const Lanes<T> factor = load<T>(factors + at);
        store<T>(scores + at, weight * factor);
        store<T>(d_weights + at, weight * (factor * load<T>(d_weights + at) - subtract));
      } else {
        store<T>(scores + at, weight);
        store<T>(d_weights + at, weight * (load<T>(d_weights + at) - subtract));
      }
    }
  }
}

/// to = or += factor * from, of which rows are padded to whole vectors.
template <class T>
RAPT_LANES void write_rows(const T* from, Index rows, Index width, T factor, bool add, T* to, Index stride) {
  const Index padded = whole_lanes<T>(width);
  for (Index i = 0; i < rows; ++i, from += padded, to += stride) {
    Index d = 0;
    for (; d + lane_count<T> <= width; d += lane_count<T>) {
      const Lanes<T> x = load<T>(from + d) * factor;
      store<T>(to + d, add ? load<T>(to + d) + x : x);
    }
    if (d == width) continue;
    const Lanes<T> x = load<T>(from + d) * factor;
    store_part<T>(to + d, add ? load_part<T>(to + d, width - d) + x : x, width - d);
  }
}

/// to += from[0] + from[size] + ..., rows of `width` numbers, in order.
template <class T>
RAPT_ENTRY void add_partial_gradients(const T* from, Index count, Index size, Index width, T* to) {
  for (Index d = 0; d < width; d += lane_count<T>) {
    const Index left = width - d < lane_count<T> ? width - d : lane_count<T>;
    Lanes<T> sum = load_part<T>(to + d, left);
    for (Index n = 0; n < count; ++n) sum += load_part<T>(from + n * size + d, left);
    store_part<T>(to + d, sum, left);
  }
}

/// mean_i = sum_d dy_di y_id, added up in the order in which tile_product adds: where a query sees one key
/// only, y is its value, and mean and gradient of the weight cancel to exactly 0.
template <class T>
RAPT_LANES void mean_gradients(const T* y, Index stride, Index rows, Index width, const T* dy, T* transposed,
                               T* mean) {
  for (Index i = 0; i < attention_queries; ++i) mean[i] = T(0);
  for (Index from = 0; from < width; from += attention_keys, dy += attention_keys * attention_queries) {
    const Index depth = width - from < attention_keys ? width - from : attention_keys;
    pack_transposed<T>(y + from, stride, rows, depth, T(1), transposed);
    for (Index i = 0; i < rows; i += lane_count<T>) {
      Lanes<T> sum = load<T>(mean + i);
      for (Index d = 0; d < depth; ++d)
        sum += load<T>(dy + d * attention_queries + i) * load<T>(transposed + d * attention_queries + i);
      store<T>(mean + i, sum);
    }
  }
}

/// Everything of a group of blocks of queries that stays the same while the keys pass by.
template <class T>
RAPT_LANES void take_queries(const BackwardChunk<T>& c, Index h, Index query, Index queries) {
  const auto& p = *c.problem;
  const Index padded = whole_lanes<T>(p.width);
  for (Index first = 0, n = 0; first < queries; first += attention_queries, ++n) {
    const Index rows = queries - first < attention_queries ? queries - first : attention_queries;
    const Index at = query + first;
    const BackwardBlock<T> block = c.blocks[n];
    const T* const q = p.query.head(c.b, h, p.width) + at * p.query.row;
    const T* const dy = c.dy.head(c.b, h, p.value_width) + at * c.dy.row;
    const T* const y = c.y.head(c.b, h, p.value_width) + at * c.y.row;
    pack_transposed<T>(q, p.query.row, rows, p.width, p.scale * std::numbers::log2e_v<T>, block.query);
    pack_transposed<T>(dy, c.dy.row, rows, p.value_width, T(1), block.dy);
    pack_rows_of<T>(q, p.query.row, rows, p.width, block.query_rows);
    pack_rows_of<T>(dy, c.dy.row, rows, p.value_width, block.dy_rows);
    std::memset(block.d_query, 0, sizeof(T) * static_cast<std::size_t>(rows * padded));
    const T* const top = c.normaliser + (c.b * p.heads + h) * p.queries + at;
    const T* const log_sum = top + p.batch * p.heads * p.queries;
    for (Index i = 0; i < attention_queries; ++i) {
      // Without any key weights are 2^(s - infinity) = 0.
      const bool sees = i < rows && top[i] != -std::numeric_limits<T>::infinity();
      block.top[i] = sees ? top[i] : i < rows ? std::numeric_limits<T>::infinity() : T(0);
      block.log_sum[i] = sees ? log_sum[i] : T(0);
    }
    mean_gradients<T>(y, c.y.row, rows, p.value_width, block.dy, c.d_weights, block.mean);
  }
}

/// Whether the gradients follow from finite numbers alone.
template <class T>
RAPT_LANES bool finite_chunk(const BackwardChunk<T>& c) {
  const auto& p = *c.problem;
  const Index group = p.heads / p.key_heads, keys = c.key_end - c.key;
  for (Index h = c.key_head * group; h < (c.key_head + 1) * group; ++h) {
    const T* const top = c.normaliser + (c.b * p.heads + h) * p.queries;
    const T* const log_sum = top + p.batch * p.heads * p.queries;
    for (Index i = 0; i < p.queries; ++i) {
      constexpr T infinity = std::numeric_limits<T>::infinity();
      if (!(top[i] < infinity && log_sum[i] < infinity)) return false;
    }
    if (!finite_rows<T>(p.query.head(c.b, h, p.width), p.query.row, p.queries, p.width) ||
        !finite_rows<T>(c.y.head(c.b, h, p.value_width), c.y.row, p.queries, p.value_width) ||
        !finite_rows<T>(c.dy.head(c.b, h, p.value_width), c.dy.row, p.queries, p.value_width))
      return false;
  }
  return finite_rows<T>(p.key.head(c.b, c.key_head, p.width) + c.key * p.key.row, p.key.row, keys, p.width) &&
         finite_rows<T>(p.value.head(c.b, c.key_head, p.value_width) + c.key * p.value.row, p.value.row, keys,
                        p.value_width);
}

/// What one tile adds to the gradients.
template <class T>
RAPT_LANES void backward_tile(const BackwardChunk<T>& c, Index h, const AttentionTile& t,
                              const BackwardBlock<T>& block, TileRows<T> k, TileRows<T> v,
                              RowsAhead<T>& ahead) {
  const auto& p = *c.problem;
  const TileMask mask = tile_mask<T>(p, c.b, h, t, c.added);
  if (mask == TileMask::all) return;
  const Index columns = whole_lanes<T>(t.queries);
  const Index padded = whole_lanes<T>(p.width), value_padded = whole_lanes<T>(p.value_width);
  tile_product<T>(t.keys, columns, p.width, k.data, k.stride, 1, block.query, attention_queries, false,
                  c.scores, attention_queries, ahead);
  tile_product<T>(t.keys, columns, p.value_width, v.data, v.stride, 1, block.dy, attention_queries, false,
                  c.d_weights, attention_queries, ahead);
  if (mask == TileMask::some) add_mask<T>(t.keys, columns, c.added, c.scores);
  if (p.dropout > 0) {
    dropout_factors<T>(p, c.b, h, t, c.added);
    score_gradients<T, true>(t.keys, columns, block, c.added, c.scores, c.d_weights);
  } else {
    score_gradients<T, false>(t.keys, columns, block, nullptr, c.scores, c.d_weights);
  }
  tile_product<T>(t.keys, value_padded, t.queries, c.scores, attention_queries, 1, block.dy_rows,
                  value_padded, true, c.d_values, value_padded, ahead);
  tile_product<T>(t.keys, padded, t.queries, c.d_weights, attention_queries, 1, block.query_rows, padded,
                  true, c.d_keys, padded, ahead);
  tile_product<T>(t.queries, padded, t.keys, c.d_weights, 1, attention_queries, c.keys, padded, true,
                  block.d_query, padded, ahead);
}

/// Says which rows are needed next while keys [key, key + keys) and a group of queries are at work: the keys
/// that follow, and a share of the queries that follow when all keys are done.
template <class T>
RAPT_LANES void look_ahead(const BackwardChunk<T>& c, Index h, Index query, Index queries, Index key,
                           Index keys, RowsAhead<T>& ahead) {
  const auto& p = *c.problem;
  const auto add = [&](auto heads, Index b, Index head, Index first, Index rows, Index width) {
    ahead.add(heads.head(b, head, width) + first * heads.row, heads.row, rows, width);
  };
  const Index group = p.heads / p.key_heads,
              tiles = (c.key_end - c.key + attention_keys - 1) / attention_keys;
  const Index tile = (key - c.key) / attention_keys;
  const auto share = [&](Index rows) {
    return AttentionShare{rows * tile / tiles, rows * (tile + 1) / tiles};
  };
  ahead.clear();
  add(c.d_key, c.b, c.key_head, key, keys, p.width);
  add(c.d_value, c.b, c.key_head, key, keys, p.value_width);
  const AttentionShare done = share(queries);
  add(c.d_query, c.b, h, query + done.from, done.to - done.from, p.width);
  const bool same_head = query + queries < p.queries,
             same_chunk = same_head || h + 1 < (c.key_head + 1) * group;
  const Index b = same_chunk ? c.b : c.next_b, first = same_head ? query + queries : 0;
  const Index next_head = same_head ? h : same_chunk ? h + 1 : c.next_key_head * group;
  if (b >= 0) {
    const AttentionShare rows = share(p.queries - first < queries ? p.queries - first : queries);
    const Index from = first + rows.from, count = rows.to - rows.from;
    add(c.y, b, next_head, from, count, p.value_width);
    add(c.dy, b, next_head, from, count, p.value_width);
    add(p.query, b, next_head, from, count, p.width);
  }
  const bool last = key + keys == c.key_end;
  if (b >= 0 || !last) {
    const Index sample = last ? b : c.b, key_head = last ? next_head / group : c.key_head;
    const Index next = !last ? key + keys : same_chunk ? c.key : c.next_key;
    const Index left = (last && !same_chunk ? p.keys : c.key_end) - next;
    const Index rows = left < attention_keys ? left : attention_keys;
    add(p.value, sample, key_head, next, rows, p.value_width);
    add(p.key, sample, key_head, next, rows, p.width);
  }
  ahead.spread((queries * 4 * keys / attention_queries + queries) / 6);
}

/// Keys [c.key, c.key_end) of one key head, with all queries that read them. False where it found NaN or
/// infinity among what masks may ignore: then nothing of what it wrote counts.
template <class T>
RAPT_ENTRY bool attention_backward_chunk(const BackwardChunk<T>& c) {
  const auto& p = *c.problem;
  const Index padded = whole_lanes<T>(p.width), value_padded = whole_lanes<T>(p.value_width);
  const Index group = p.heads / p.key_heads, step = attention_blocks(p) * attention_queries;
  const T* const all_keys = p.key.head(c.b, c.key_head, p.width);
  const T* const all_values = p.value.head(c.b, c.key_head, p.value_width);
  T* const d_key = c.d_key.head(c.b, c.key_head, p.width);
  T* const d_value = c.d_value.head(c.b, c.key_head, p.value_width);
  if (c.masked && !finite_chunk<T>(c)) return false;
  for (Index j = c.key; p.queries == 0 && j < c.key_end; ++j) {
    for (Index d = 0; d < p.width; ++d) d_key[j * c.d_key.row + d] = T(0);
    for (Index d = 0; d < p.value_width; ++d) d_value[j * c.d_value.row + d] = T(0);
  }
  bool first_pass = true;
  RowsAhead<T> ahead;
  for (Index h = c.key_head * group; h < (c.key_head + 1) * group; ++h) {
    for (Index query = 0; query < p.queries; query += step) {
      const Index queries = p.queries - query < step ? p.queries - query : step;
      take_queries<T>(c, h, query, queries);
      for (Index key = c.key; key < c.key_end; key += attention_keys) {
        const Index keys = c.key_end - key < attention_keys ? c.key_end - key : attention_keys;
        if (!first_pass && window_mask(p, {query, queries, key, keys}) == TileMask::all) continue;
        TileRows<T> k{all_keys + key * p.key.row, p.key.row}, v{all_values + key * p.value.row, p.value.row};
        pack_rows_of<T>(k.data, k.stride, keys, p.width, c.keys);
        if (queries > 2 * attention_queries) {  // read often enough to be worth a copy
          pack_rows_of<T>(v.data, v.stride, keys, p.value_width, c.values);
          k = {c.keys, padded};
          v = {c.values, value_padded};
        }
        look_ahead<T>(c, h, query, queries, key, keys, ahead);
        std::memset(c.d_keys, 0, sizeof(T) * static_cast<std::size_t>(keys * padded));
        std::memset(c.d_values, 0, sizeof(T) * static_cast<std::size_t>(keys * value_padded));
        for (Index first = 0, n = 0; first < queries; first += attention_queries, ++n) {
          const Index rows = queries - first < attention_queries ? queries - first : attention_queries;
          backward_tile<T>(c, h, {query + first, rows, key, keys}, c.blocks[n], k, v, ahead);
        }
        write_rows<T>(c.d_keys, keys, p.width, p.scale, !first_pass, d_key + key * c.d_key.row, c.d_key.row);
        write_rows<T>(c.d_values, keys, p.value_width, T(1), !first_pass, d_value + key * c.d_value.row,
                      c.d_value.row);
      }
      for (Index first = 0, n = 0; first < queries; first += attention_queries, ++n) {
        const Index rows = queries - first < attention_queries ? queries - first : attention_queries;
        write_rows<T>(c.blocks[n].d_query, rows, p.width, p.scale, false,
                      c.d_query.head(c.b, h, p.width) + (query + first) * c.d_query.row, c.d_query.row);
      }
      first_pass = false;
    }
  }
  return true;
}
