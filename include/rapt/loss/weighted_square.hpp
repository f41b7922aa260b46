#pragma once
/// \file  Squared error over all items of a row, where few items are positive and the rest count little.

#include <rapt/core/checked.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/core/parallel.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace rapt {

/// Which items of each row are positive: ids[offsets[b] ... offsets[b + 1]), ascending, belong to row b.
/// \shape ids (N), offsets (B + 1), row_weights (B) or absent (every row then weighs 1)
template <std::floating_point T>
struct SparsePositives {
  TensorView<const Index, 1> ids;
  TensorView<const Index, 1> offsets;
  TensorView<const T, 1> row_weights;
};

/// `L = 1/B sum_b w_b [ sum_(i positive) (s_bi - 1)^2 + alpha sum_(i not positive) s_bi^2 ]`: every item that
/// was not observed is a weak zero (Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit
/// feedback datasets", eq. 3, with confidences 1 and alpha).
///
/// \shape   prediction (B, I), target over B rows and ids below I -> one number; 0 for B = 0
/// \units   alpha >= 0 is the weight of an item that is not positive
/// \cost    3 B I operations each way; nothing of size B I but the gradient
/// \throws  ShapeError; std::out_of_range for an id; std::invalid_argument where offsets do not rise
///          from 0 to N, where the ids of a row do not ascend (duplicates included), or where alpha < 0
/// \borrows prediction and target until the matching backward
/// \note    the mean is over the rows, not over the weights
template <std::floating_point T>
struct WeightedSquareLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = SparsePositives<T>;
  using Sum = std::common_type_t<T, double>;  // what is summed in

  T alpha = T(0.1);

  struct Cache {
    Prediction scores;        // borrowed (B, I)
    Target target;            // borrowed
    Tensor<Sum, 1> row_loss;  // (B)
    Tensor<T, 2> gradient;    // (B, I)
  };

  T forward(Prediction scores, Target target, Cache& cache) const {
    check(scores, target);
    cache.scores = scores;
    cache.target = target;
    const auto row_loss = cache.row_loss.resize({scores.extent(0)});
    parallel_for_range(scores.extent(0), grain, 2 * scores.extent(1), [&](Index from, Index to) {
      for (Index b = from; b < to; ++b) row_loss(b) = Sum(weight(target, b)) * row(scores, target, b);
    });
    Sum sum = 0;
    for (const Sum loss : row_loss)
      sum += loss;  // in the order of the rows: the same bits at any thread count
    return row_loss.size() == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(row_loss.size()));
  }

  Prediction backward(Cache& cache) const {
    const auto ids = cache.target.ids, offsets = cache.target.offsets;
    const Prediction s = cache.scores;
    const auto d = cache.gradient.resize(s.shape());
    parallel_for_range(s.extent(0), grain, 2 * s.extent(1), [&](Index from, Index to) {
      for (Index b = from; b < to; ++b) {
        const T scale = 2 * weight(cache.target, b) / static_cast<T>(s.extent(0));
        // L = ... + 1/B w_b alpha s^2 over the rest
        d.matrix().row(b) = (scale * alpha) * s.matrix().row(b);
        // L = ... + 1/B w_b (s - 1)^2 over the positives
        for (Index n = offsets(b); n < offsets(b + 1); ++n) d(b, ids(n)) = scale * (s(b, ids(n)) - T(1));
      }
    });
    return cache.gradient;
  }

 private:
  static constexpr Index grain = 8;  // rows of one chunk

  static T weight(const Target& target, Index b) {
    return target.row_weights.absent() ? T(1) : target.row_weights(b);
  }

  // A few sums side by side, since one would wait for its last addition every time.
  static Sum squares(const T* from, const T* to) {
    constexpr Index lanes = 4;
    Eigen::Array<Sum, lanes, 1> sums = Eigen::Array<Sum, lanes, 1>::Zero();
    for (; to - from >= lanes; from += lanes) {
      sums += Eigen::Map<const Eigen::Array<T, lanes, 1>>(from).template cast<Sum>().square();
    }
    Sum sum = sums.sum();
    for (; from != to; ++from) sum += Sum(*from) * Sum(*from);
    return sum;
  }

  // Sums run between the positives, so that nothing is added first and taken away later.
  Sum row(const Prediction& scores, const Target& target, Index b) const {
    const T* const s = scores.data() + b * scores.extent(1);
    Sum observed = 0, rest = 0;
    Index begin = 0;
    for (Index n = target.offsets(b); n < target.offsets(b + 1); ++n) {
      const Index id = target.ids(n);
      const Sum missing = Sum(s[id]) - Sum(1);
      observed += missing * missing;
      rest += squares(s + begin, s + id);
      begin = id + 1;
    }
    rest += squares(s + begin, s + scores.extent(1));
    return observed + Sum(alpha) * rest;
  }

  void check(const Prediction& scores, const Target& target) const {
    static constexpr const char* where = "WeightedSquareLoss::forward";
    const auto& [ids, offsets, weights] = target;
    const Index rows = scores.extent(0), items = scores.extent(1);
    expect_shape<1>(where, "offsets", offsets.shape(), {rows + 1});
    if (!weights.absent()) expect_shape<1>(where, "row_weights", weights.shape(), {rows});
    if (!(alpha >= 0)) {
      throw std::invalid_argument(std::string(where) + ": alpha is " +
                                  detail::number_text(static_cast<double>(alpha)) + ", expected at least 0");
    }
    expect_offsets(where, offsets, ids.extent(0));
    for (Index b = 0; b < rows; ++b) {
      for (Index n = offsets(b); n < offsets(b + 1); ++n) {
        expect_id(where, "id", ids(n), items);
        if (n > offsets(b) && ids(n) <= ids(n - 1)) {
          throw std::invalid_argument(std::string(where) + ": ids of row " + std::to_string(b) +
                                      " do not ascend: " + std::to_string(ids(n)) + " follows " +
                                      std::to_string(ids(n - 1)));
        }
      }
    }
  }
};
RAPT_MODELS(Loss<WeightedSquareLoss<float>>, Loss<WeightedSquareLoss<double>>);

}  // namespace rapt
