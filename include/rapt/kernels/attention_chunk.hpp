#pragma once
/// \file  One chunk of an attention kernel: its part of the problem and the memory it works in.

#include <rapt/kernels/attention_problem.hpp>

#include <algorithm>

namespace rapt::detail {

/// A tile of scores. The transpose of one, and the rows of keys that go with it, stay in a first-level cache.
inline constexpr Index attention_queries = 64, attention_keys = 64;

/// Elements of a row padded for the vectors of any width.
constexpr Index attention_padded(Index width) { return (width + 15) / 16 * 16; }

/// Blocks of queries that pass together through the keys: as many as leave the memory of a chunk the same at
/// any width.
template <class T>
Index attention_blocks(const AttentionProblem<T>& p) {
  const Index blocks = 2048 / (Index{sizeof(T)} * std::max<Index>({p.width, p.value_width, 1}));
  return std::clamp<Index>(blocks, 1, 8);
}

/// The same for the forward pass, fewer where there would not be chunks for some threads.
template <class T>
Index attention_forward_blocks(const AttentionProblem<T>& p) {
  Index blocks = attention_blocks(p);
  const auto chunks = [&] { return p.batch * p.heads * (p.queries / (blocks * attention_queries) + 1); };
  while (blocks > 1 && chunks() < 8) blocks /= 2;
  return blocks;
}

/// Hands out pieces of memory; with a null pointer it only counts.
template <class T>
struct AttentionMemory {
  T* data;
  Index used = 0;

  T* take(Index count) {
    T* const piece = data == nullptr ? nullptr : data + used;
    used += attention_padded(count);
    return piece;
  }
};

/// Keys or values of a tile.
template <class T>
struct TileRows {
  const T* data;
  Index stride;
};

/// Some rows of several.
struct AttentionShare {
  Index from, to;
};

/// Rows that will be read soon, brought into a cache in small steps between the arithmetic: heads side by
/// side are read in pieces too short for the processor to guess what follows.
template <class T>
struct RowsAhead {
  struct Piece {
    const T* row;
    Index stride, rows, width;
  };
  Piece pieces[8] = {};
  Index count = 0, at_once = 0, waiting = 0;

  /// Forgets what has not been fetched.
  void clear() { count = waiting = 0; }
  void add(const T* row, Index stride, Index rows, Index width) {
    if (row == nullptr || rows <= 0 || width <= 0) return;
    pieces[count++] = {row, stride, rows, width};
    waiting += rows;
  }
  /// So many calls of step() fetch all.
  void spread(Index steps) { at_once = (waiting + steps - 1) / std::max<Index>(steps, 1); }
  void step() {
    for (Index n = 0; n < at_once && count > 0; ++n) {
      Piece& piece = pieces[count - 1];
      for (Index d = 0; d < piece.width; d += 64 / Index{sizeof(T)}) prefetch(piece.row + d);
      if (--piece.rows == 0) {
        --count;
      } else {
        piece.row += piece.stride;
      }
    }
  }

 private:
  static void prefetch(const T* from) {
#if defined(__GNUC__)
    __builtin_prefetch(from, 0, 2);
#else
    static_cast<void>(from);
#endif
  }
};

/// What is kept of a block of queries while the keys pass by.
template <class T>
struct ForwardBlock {
  T* query;      // (width, attention_queries), transposed and scaled
  T *top, *sum;  // (attention_queries), largest score and sum of exponentials so far
  T* mixed;      // (attention_queries, padded value_width), values times exponentials so far

  static ForwardBlock take(const AttentionProblem<T>& p, AttentionMemory<T>& memory) {
    ForwardBlock block;
    block.query = memory.take(p.width * attention_queries);
    block.top = memory.take(attention_queries);
    block.sum = memory.take(attention_queries);
    block.mixed = memory.take(attention_padded(p.value_width) * attention_queries);
    return block;
  }
};

/// Queries [query, query + queries) of head h of sample b.
template <class T>
struct ForwardChunk {
  const AttentionProblem<T>* problem;
  AttentionHeads<T> y;
  T* normaliser;
  Index b = 0, h = 0, key_head = 0, query = 0, queries = 0;
  bool masked = false;
  T *scores = nullptr, *added = nullptr;  // (attention_keys, attention_queries): a tile, and what masks add
  T* shrink = nullptr;                    // (attention_queries)
  T* values = nullptr;                    // (attention_keys, padded value_width)
  // What probably follows on this thread.
  const T *next_query = nullptr, *next_key = nullptr, *next_value = nullptr;
  Index next_queries = 0;
  ForwardBlock<T> blocks[8] = {};

  /// Sets the pointers to pieces of `data`; returns how many elements that takes.
  Index lay_out(T* data) {
    AttentionMemory<T> memory{data};
    scores = memory.take(attention_keys * attention_queries);
    added = memory.take(attention_keys * attention_queries);
    shrink = memory.take(attention_queries);
    values = memory.take(attention_padded(problem->value_width) * attention_keys);
    for (Index n = 0; n * attention_queries < queries; ++n)
      blocks[n] = ForwardBlock<T>::take(*problem, memory);
    return memory.used;
  }
};

/// What is kept of a block of queries in the backward pass while the keys pass by.
template <class T>
struct BackwardBlock {
  T *query, *dy;            // (width, attention_queries), transposed, the queries scaled
  T *query_rows, *dy_rows;  // as they are, rows padded
  T* d_query;               // (attention_queries, padded width), so far
  T *top, *log_sum, *mean;  // (attention_queries): the normaliser; mean of the gradients of the weights

  static BackwardBlock take(const AttentionProblem<T>& p, AttentionMemory<T>& memory) {
    BackwardBlock block;
    block.query = memory.take(p.width * attention_queries);
    block.dy = memory.take(p.value_width * attention_queries);
    block.query_rows = memory.take(attention_padded(p.width) * attention_queries);
    block.dy_rows = memory.take(attention_padded(p.value_width) * attention_queries);
    block.d_query = memory.take(attention_padded(p.width) * attention_queries);
    block.top = memory.take(attention_queries);
    block.log_sum = memory.take(attention_queries);
    block.mean = memory.take(attention_queries);
    return block;
  }
};

/// Keys [key, key_end) of one key head of sample b, with all queries that read them.
template <class T>
struct BackwardChunk {
  const AttentionProblem<T>* problem;
  AttentionHeads<const T> y, dy;
  const T* normaliser;
  AttentionHeads<T> d_query{}, d_key{}, d_value{};
  Index b = 0, key_head = 0, key = 0, key_end = 0;
  bool masked = false;
  T *scores = nullptr, *d_weights = nullptr, *added = nullptr;  // tiles (attention_keys, attention_queries)
  T *keys = nullptr, *values = nullptr, *d_keys = nullptr, *d_values = nullptr;  // of one, rows padded
  Index next_b = -1, next_key_head = 0, next_key = 0;  // what probably follows on this thread
  BackwardBlock<T> blocks[8] = {};

  Index lay_out(T* data) {
    AttentionMemory<T> memory{data};
    for (T** tile : {&scores, &d_weights, &added}) *tile = memory.take(attention_keys * attention_queries);
    keys = memory.take(attention_padded(problem->width) * attention_keys);
    values = memory.take(attention_padded(problem->value_width) * attention_keys);
    d_keys = memory.take(attention_padded(problem->width) * attention_keys);
    d_values = memory.take(attention_padded(problem->value_width) * attention_keys);
    const Index count =
        std::min(attention_blocks(*problem), (problem->queries + attention_queries - 1) / attention_queries);
    for (Index n = 0; n < count; ++n) blocks[n] = BackwardBlock<T>::take(*problem, memory);
    return memory.used;
  }
};

}  // namespace rapt::detail
