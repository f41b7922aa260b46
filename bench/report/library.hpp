#pragma once
// What the report measures, in plain types so that a peer's file need not see ours: the problems, and a
// library that offers to solve them. rapt is one such library, each peer another.

#include <cstddef>
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
};

}  // namespace rapt_bench
