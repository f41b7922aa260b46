#pragma once
/// \file  Attention by dot products without the matrix of its weights.

#include <rapt/core/parallel.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/attention_chunk.hpp>
#include <rapt/kernels/attention_exact.hpp>
#include <rapt/kernels/attention_mask.hpp>
#include <rapt/kernels/attention_problem.hpp>
#include <rapt/kernels/block_product.hpp>
#include <rapt/kernels/vector_math.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>
#include <vector>

#define RAPT_BODY <rapt/kernels/body/attention_tile.inl>
#include <rapt/kernels/body/for_each_width.inl>
#define RAPT_BODY <rapt/kernels/body/attention_dropout.inl>
#include <rapt/kernels/body/for_each_width.inl>
#define RAPT_BODY <rapt/kernels/body/attention_forward.inl>
#include <rapt/kernels/body/for_each_width.inl>
#define RAPT_BODY <rapt/kernels/body/attention_backward.inl>
#include <rapt/kernels/body/for_each_width.inl>

namespace rapt {

namespace detail {

// double has the portable width only: it serves checks.
template <class T>
auto attention_forward_kernel() {
  if constexpr (std::is_same_v<T, float>) return RAPT_KERNEL_FOR(simd(), attention_forward_chunk<T>);
  return &portable::attention_forward_chunk<T>;
}
template <class T>
auto attention_backward_kernel() {
  if constexpr (std::is_same_v<T, float>) return RAPT_KERNEL_FOR(simd(), attention_backward_chunk<T>);
  return &portable::attention_backward_chunk<T>;
}
template <class T>
auto attention_sum_kernel() {
  if constexpr (std::is_same_v<T, float>) return RAPT_KERNEL_FOR(simd(), add_partial_gradients<T>);
  return &portable::add_partial_gradients<T>;
}

/// Pieces into which the backward pass cuts the keys of one head: more than one where there are so few heads
/// that threads would idle, since each piece costs memory for the gradient of the queries.
template <class T>
Index attention_key_pieces(const AttentionProblem<T>& p) {
  return p.batch * p.key_heads < 8 && p.keys >= 1024 ? 4 : 1;
}

}  // namespace detail

/// y of attention, never holding more than a tile of its weights (Milakov and Gimelshein 2018,
/// arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135).
///
/// \shape normaliser (2, batch, heads, queries), for the backward pass: of each query's scores the
///        largest, and the logarithm of the sum of their exponentials after subtracting it, both in units
///        of log(2). Two numbers, since their sum would lose the second where the first is large
/// \cost  2 (width + value_width) flops and an exponential for each score, but for tiles of 64 queries by 64
///        keys that masks ignore as a whole. A head that holds NaN or infinity under a mask is computed
///        number by number, many times slower
/// \note  A query that sees no key gets y = 0 and -infinity for both. NaN and infinity of what masks
///        ignore reach no result; a score of NaN or +infinity that is seen makes y NaN. Any thread count
///        gives the same bits; a warm call allocates nothing.
template <class T>
requires std::is_same_v<T, float> || std::is_same_v<T, double>
void attention_forward(const AttentionProblem<T>& p, AttentionHeads<T> y, T* normaliser) {
  const Index step = detail::attention_forward_blocks(p) * detail::attention_queries;
  const Index pieces = (p.queries + step - 1) / step;
  const auto kernel = detail::attention_forward_kernel<T>();
  const Index operations = 2 * std::min(p.queries, step) * (p.keys + 1) * (p.width + p.value_width + 8) / 32;
  detail::ForwardChunk<T> largest{.problem = &p, .y = y, .normaliser = normaliser};
  largest.queries = std::min(step, p.queries);
  const Index memory_size = largest.lay_out(nullptr);
  parallel_for(p.batch * p.heads * pieces, operations, [&](Index chunk) {
    const Index head = chunk / pieces;
    detail::ForwardChunk<T> c{.problem = &p, .y = y, .normaliser = normaliser};
    c.b = head / p.heads;
    c.h = head % p.heads;
    c.key_head = c.h / (p.heads / p.key_heads);
    c.query = chunk % pieces * step;
    c.queries = std::min(step, p.queries - c.query);
    c.masked = detail::may_ignore(p);
    if (const Index next = (chunk + 1) / pieces; next < p.batch * p.heads) {
      const Index b = next / p.heads, h = next % p.heads, query = (chunk + 1) % pieces * step;
      c.next_query = p.query.head(b, h, p.width) + query * p.query.row;
      c.next_queries = std::min(step, p.queries - query);
      c.next_key = p.key.head(b, h / (p.heads / p.key_heads), p.width);
      c.next_value = p.value.head(b, h / (p.heads / p.key_heads), p.value_width);
    }
    const Workspace<T> memory(memory_size);
    c.lay_out(memory.data());
    if (!kernel(c)) detail::exact_forward(p, c.b, c.h, c.query, c.queries, y, normaliser);
  });
}

/// The gradients of query, key and value from that of y; they overwrite. The weights are computed again from
/// normaliser.
///
/// Key and value heads that several query heads read get the sum over them. As many tiles are skipped as in
/// the forward pass; each score costs 6 width + 4 value_width flops and an exponential. `partial` is memory
/// that the caller keeps between calls; it stays empty but for few long heads, whose keys are cut into four
/// pieces: it then holds three times the size of the query.
/// \note NaN, threads and memory as in attention_forward
template <class T>
requires std::is_same_v<T, float> || std::is_same_v<T, double>
void attention_backward(const AttentionProblem<T>& p, AttentionHeads<const T> y, const T* normaliser,
                        AttentionHeads<const T> dy, AttentionHeads<T> d_query, AttentionHeads<T> d_key,
                        AttentionHeads<T> d_value, std::vector<T>& partial) {
  using detail::attention_keys;
  const Index pieces = detail::attention_key_pieces(p);
  const Index step = (p.keys + pieces * attention_keys - 1) / (pieces * attention_keys) * attention_keys;
  const Index row = p.heads * p.width, size = p.batch * p.queries * row;
  if (pieces > 1 && static_cast<Index>(partial.size()) < (pieces - 1) * size)
    partial.resize(static_cast<std::size_t>((pieces - 1) * size));
  const auto kernel = detail::attention_backward_kernel<T>();
  const Index group = p.heads / p.key_heads;
  const Index operations =
      group * (p.queries + 1) * (std::min(step, p.keys) + 1) * (6 * p.width + 4 * p.value_width + 8) / 32;
  detail::BackwardChunk<T> each{.problem = &p, .y = y, .dy = dy, .normaliser = normaliser};
  const Index memory_size = each.lay_out(nullptr);
  parallel_for(p.batch * p.key_heads * pieces, operations, [&](Index chunk) {
    const Index head = chunk / pieces, piece = chunk % pieces;
    detail::BackwardChunk<T> c{.problem = &p, .y = y, .dy = dy, .normaliser = normaliser};
    c.d_query =
        piece == 0 ? d_query : AttentionHeads<T>{partial.data() + (piece - 1) * size, p.queries * row, row};
    c.d_key = d_key;
    c.d_value = d_value;
    c.b = head / p.key_heads;
    c.key_head = head % p.key_heads;
    c.key = std::min(piece * step, p.keys);
    c.key_end = std::min(c.key + step, p.keys);
    c.masked = detail::may_ignore(p);
    if (chunk + 1 < p.batch * p.key_heads * pieces) {
      c.next_b = (chunk + 1) / pieces / p.key_heads;
      c.next_key_head = (chunk + 1) / pieces % p.key_heads;
      c.next_key = std::min((chunk + 1) % pieces * step, p.keys);
    }
    const Workspace<T> memory(memory_size);
    c.lay_out(memory.data());
    if (kernel(c)) return;
    detail::exact_backward(p, c.b, c.key_head, c.key, c.key_end, y, normaliser, dy, c.d_query, d_key,
                           d_value);
  });
  if (pieces == 1) return;
  const auto add = detail::attention_sum_kernel<T>();
  parallel_for_range(p.batch * p.queries, 64, pieces * row / 8, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      const Index b = n / p.queries, i = n % p.queries;
      add(partial.data() + n * row, pieces - 1, size, row,
          d_query.data + b * d_query.batch + i * d_query.row);
    }
  });
}

}  // namespace rapt
