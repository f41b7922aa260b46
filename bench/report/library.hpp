#pragma once
// What the report measures, in plain types so that a peer's file need not see ours: the problems, and a
// library that offers to solve them. rapt is one such library, each peer another.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rapt_bench {

using Numbers = std::vector<float>;
using Size = std::ptrdiff_t;

/// Row-major c (m, n) = a (m, k) b (k, n), or a b^T with b (n, k).
struct MatmulProblem {
  Size m, k, n;
  bool transpose_b;
  Numbers a, b;
};

enum class Pass { forward, backward, both };

/// softmax(Q K^T / sqrt(width)) V for each head; all four tensors are (batch, length, heads * width).
struct AttentionProblem {
  Size batch, heads, length, width;
  Pass pass;
  Numbers query, key, value, d_context;

  Size size() const { return batch * length * heads * width; }
};

/// Linear maps of `width` numbers one after the other, each followed by ReLU where asked.
struct DenseProblem {
  Size rows, width;
  bool relu;
  std::vector<Numbers> weights, biases;  // each (width, width), from row to output as PyTorch has it
  Numbers x, dy;                         // (rows, width)
};

/// A convolution of square images with a bias, or a transposed one; weight as PyTorch has it: (out, in /
/// groups, kernel, kernel), transposed (in, out / groups, kernel, kernel).
struct ConvProblem {
  Size batch, in, out, size, kernel, stride, padding, groups;
  bool transposed;
  Numbers x, weight, bias, dy;  // x (batch, in, size, size), dy (batch, out, out_size(), out_size())

  Size out_size() const {
    return transposed ? (size - 1) * stride - 2 * padding + kernel
                      : (size + 2 * padding - kernel) / stride + 1;
  }
};

/// SAGAN's self-attention over the positions of square images, `x + out softmax(query key^T) value x` (gamma
/// 1): maps of channels (C / 8, C), (C / 8, C), (C / 2, C) and (C, C / 2) without biases.
struct ImageAttentionProblem {
  Size batch, channels, size;
  Numbers query, key, value, out, x, dy;  // x, dy (batch, channels, size, size)
};

/// Rows of a table.
struct EmbeddingProblem {
  Size table_rows, width;
  Numbers table, dy;
  std::vector<std::int64_t> ids;
};

/// A normalisation with weight and bias, over rows or over columns.
struct NormProblem {
  Size rows, width;
  Numbers x, weight, bias, dy;
};

/// A function of a matrix without parameters.
struct FunctionProblem {
  Size rows, width;
  Numbers x, dy;
};

/// One update of a matrix and a vector; the gradient stays the same, the weights move on with every run.
struct UpdateProblem {
  Size rows, columns;
  bool decoupled;  // AdamW with weight decay 0.01, else Adam without
  Numbers weight, bias, d_weight, d_bias;
};

/// A step of both players, each of two linear maps: generator noise -> hidden -> samples with ReLU between,
/// discriminator samples -> hidden -> 1 with LeakyReLU(0.2); binary cross-entropy of logits, the
/// non-saturating loss, Adam with rate 2e-4 and beta1 0.5.
struct GanProblem {
  Size batch, noise, hidden, samples;
  std::vector<Numbers> generator, discriminator;  // weight, bias, weight, bias
  Numbers z, real;
};

/// A step of a self-attentive recommender (Kang and McAuley 2018, arXiv:1808.09781) of one block: item and
/// position vectors, a causal post-norm encoder block with ReLU and a hidden layer of the same width, at
/// every position the scores of the next item and of a sampled one, binary cross-entropy, Adam with rate
/// 1e-3. No dropout, so that results can be compared.
struct SasrecProblem {
  Size batch, length, width, heads, items;
  std::vector<std::int64_t> ids, positive, negative;  // (batch, length)
  Numbers item, position;                             // (items, width), (length, width)
  /// in_proj_weight, in_proj_bias, out_proj, linear1, linear2 (weight, bias each), norm1, norm2 likewise.
  std::vector<Numbers> block;
};

/// One library's way to solve one problem, on its own copy of the operands in the layout that suits it best.
struct Side {
  /// Solves the problem once; what it needs besides is kept between calls, as a user would.
  std::function<void()> run;
  /// Results of the last run, in the order and layout that the problem's comment gives.
  std::function<std::vector<Numbers>()> results;
  /// Which of several ways this is, where a library has more than one; else empty.
  std::string way{};
  /// Whether the memory of the results was there before the first run.
  bool holds_results = false;
};
using Sides = std::vector<Side>;

/// A library in the comparison; it returns no side for what it does not offer.
class Library {
 public:
  virtual ~Library() = default;
  virtual std::string_view name() const = 0;
  virtual std::string version() const { return {}; }
  /// Threads of everything that follows, problems posed later included.
  virtual void set_threads(int) {}

  /// Result: c.
  virtual Sides matmul(const MatmulProblem&) { return {}; }
  /// Results: context (forward), d_query, d_key, d_value (backward), or all four (both).
  virtual Sides attention(const AttentionProblem&) { return {}; }
  /// Results: y, dx, then d_weight and d_bias of each map.
  virtual Sides dense(const DenseProblem&) { return {}; }
  /// Results: y, dx, d_weight, d_bias.
  virtual Sides conv(const ConvProblem&) { return {}; }
  /// Results: y, dx, then the gradients of the four maps.
  virtual Sides image_attention(const ImageAttentionProblem&) { return {}; }
  /// Results: y, d_table.
  virtual Sides embedding(const EmbeddingProblem&) { return {}; }
  /// Results: y, dx, d_weight, d_bias.
  virtual Sides layer_norm(const NormProblem&) { return {}; }
  virtual Sides batch_norm(const NormProblem&) { return {}; }
  /// Results: y, dx.
  virtual Sides softmax(const FunctionProblem&) { return {}; }
  virtual Sides gelu(const FunctionProblem&) { return {}; }
  /// Result: the weight.
  virtual Sides adam(const UpdateProblem&) { return {}; }
  /// Results: both losses of the last step; what the generator then makes of z.
  virtual Sides gan_step(const GanProblem&) { return {}; }
  /// Results: the loss of the last step; what the block returned, (batch, length, width).
  virtual Sides sasrec_step(const SasrecProblem&) { return {}; }
};

}  // namespace rapt_bench
