#pragma once
/// \file  SLIM: a sparse non-negative linear item-to-item model.

#include <rapt/core/number_text.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/neighbour_scorer.hpp>
#include <rapt/recommend/symmetric_inverse.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Settings of Slim.
struct SlimSettings {
  double l1 = 1;          // in units of interactions; more makes the weights sparser
  double l2 = 100;        // in units of interactions
  Index iterations = 25;  // of the solver
  bool operator==(const SlimSettings&) const = default;
};

/// Scores x W with `W = argmin |X - X W|^2 / 2 + l1 |W|_1 + l2 |W|^2 / 2` subject to W >= 0 and diag(W) = 0
/// (Ning and Karypis 2011, eq. 3), solved by the alternating direction method of multipliers (Steck,
/// Dimakopoulou, Riabov and Jebara 2020, doi:10.1145/3336191.3371774).
class Slim final : public NeighbourScorer {
 public:
  /// \cost    one inverse and 2 I^3 flops an iteration; five I x I matrices of float
  /// \throws  std::invalid_argument where a setting is out of range; std::length_error above max_items
  static Slim fit(const Interactions& train, const SlimSettings& settings = {});
  /// From stored weights: those that profile item i adds to are entries offsets[i] ... offsets[i + 1] - 1.
  /// \throws std::invalid_argument, std::out_of_range where they make no sense
  Slim(std::vector<Index> offsets, std::vector<Neighbour> neighbours)
      : NeighbourScorer("Slim", std::move(offsets), std::move(neighbours)) {}

  /// Largest catalogue that fit accepts: 13 GB.
  static constexpr Index max_items = 25'000;

 private:
  explicit Slim(const std::vector<std::vector<Neighbour>>& columns) : NeighbourScorer("Slim", columns) {}
};

namespace detail {

/// The state of the solver: B of the smooth half, C of the sparse one, D the multipliers.
struct SlimSolver {
  Tensor<float, 2> inverse, start;  // P = (G + (l2 + rho) I)^-1, P G
  Tensor<float, 2> c, multipliers, right, b;
  double rho = 0;

  SlimSolver(const Interactions& train, const SlimSettings& settings) {
    const Index n = train.items();
    Tensor<float, 2> gram({n, n});
    Tensor<double, 2> p({n, n});
    double trace = 0;
    for (Index i = 0; i < n; ++i) trace += static_cast<double>(train.users_of(i).size());
    // Between the scale of the penalties and that of the data the solver needs the fewest iterations.
    rho = std::max({10.0, 4 * settings.l2, 0.5 * trace / static_cast<double>(std::max<Index>(n, 1))});
    parallel_for_range(n, 16, co_occurrence_cost(train), [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        co_occurrence_row<double>(train, {}, i, {p[i].begin(), p[i].end()});
        for (Index j = 0; j < n; ++j) gram(i, j) = static_cast<float>(p(i, j));
        p(i, i) += settings.l2 + rho;
      }
    });
    invert_symmetric<double>(p);
    inverse.resize({n, n});
    for (Index k = 0; k < p.size(); ++k) inverse.data()[k] = static_cast<float>(p.data()[k]);
    matmul(inverse, gram, start.resize({n, n}));
    c = Tensor<float, 2>({n, n});
    multipliers = Tensor<float, 2>({n, n});
    right.resize({n, n});
    b.resize({n, n});
  }

  void iterate(double l1) {
    const Index n = c.extent(0);
    const auto r = static_cast<float>(rho), threshold = static_cast<float>(l1 / rho);
    const auto rows = [&](auto&& f) { parallel_for_range(n, 16, 4 * n, f); };
    rows([&](Index from, Index to) {
      for (Index k = from * n; k < to * n; ++k) right.data()[k] = r * c.data()[k] - multipliers.data()[k];
    });
    matmul(inverse, right, b.view());
    // B = P G + P (rho C - D), less the multiple of P's column that brings its diagonal to 0
    std::vector<float> shares(static_cast<std::size_t>(n));
    for (Index j = 0; j < n; ++j)
      shares[static_cast<std::size_t>(j)] = (start(j, j) + b(j, j)) / inverse(j, j);
    rows([&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        for (Index j = 0; j < n; ++j) {
          const float smooth = start(i, j) + b(i, j) - inverse(i, j) * shares[static_cast<std::size_t>(j)];
          const float sparse = std::max(smooth + multipliers(i, j) / r - threshold, 0.0f);
          multipliers(i, j) += r * (smooth - sparse);
          c(i, j) = sparse;
        }
      }
    });
  }
};

}  // namespace detail

inline Slim Slim::fit(const Interactions& train, const SlimSettings& settings) {
  if (!(settings.l1 >= 0 && std::isfinite(settings.l1)) ||
      !(settings.l2 >= 0 && std::isfinite(settings.l2)) || settings.iterations < 1) {
    throw std::invalid_argument("Slim::fit: l1 is " + detail::number_text(settings.l1) + ", l2 " +
                                detail::number_text(settings.l2) + ", iterations " +
                                std::to_string(settings.iterations) +
                                "; expected penalties of at least 0 and at least 1 iteration");
  }
  const Index n = train.items();
  if (n > max_items) {
    throw std::length_error("Slim::fit: " + std::to_string(n) + " items, the limit is " +
                            std::to_string(max_items) + "; drop rare items or take ItemKnn");
  }
  detail::SlimSolver solver(train, settings);
  for (Index k = 0; k < settings.iterations; ++k) solver.iterate(settings.l1);
  std::vector<std::vector<Neighbour>> columns(static_cast<std::size_t>(n));
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < n; ++i) {
      if (i != j && solver.c(i, j) > 0) columns[static_cast<std::size_t>(j)].push_back({i, solver.c(i, j)});
    }
  }
  return Slim(columns);
}

}  // namespace rapt
