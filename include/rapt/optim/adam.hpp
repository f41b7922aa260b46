#pragma once
/// \file  Adam.

#include <rapt/core/layer.hpp>
#include <rapt/core/parallel.hpp>

#include <cmath>
#include <cstdint>

namespace rapt {

/// \units rate is the step per update; decay is dimensionless
struct AdamOptions {
  double rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  /// Rows::touched: row tables are updated only where the gradient was written; their moments then stand
  /// still for rows that were not (lazy Adam), which is not the same as the dense rule.
  Rows rows = Rows::all;
};

namespace detail {

/// One Adam update of n numbers; corrections are those of the step, not of the tensor.
template <class T>
struct AdamUpdate {
  T rate, beta1, beta2, epsilon, correction1, correction2, decay;

  AdamUpdate(const AdamOptions& o, std::int64_t step, double decay_per_step)
      : rate(static_cast<T>(o.rate)),
        beta1(static_cast<T>(o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        epsilon(static_cast<T>(o.epsilon)),
        correction1(static_cast<T>(1 / (1 - std::pow(o.beta1, static_cast<double>(step))))),
        correction2(static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, static_cast<double>(step))))),
        decay(static_cast<T>(1 - decay_per_step)) {}

  void operator()(Index n, T* w, const T* g, T* m, T* v) const {
    constexpr Index grain = 1 << 14;
    parallel_for_range(n, grain, 8, [&](Index from, Index to) {
      using Array = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
      const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> gradient(g + from, to - from);
      Array weight(w + from, to - from), first(m + from, to - from), second(v + from, to - from);
      first += (1 - beta1) * (gradient - first);
      second = beta2 * second + (1 - beta2) * gradient.square();
      weight = decay * weight - rate * (correction1 * first) / (correction2 * second.sqrt() + epsilon);
    });
  }
};

/// Adam's loop over a model, dense or by touched rows.
template <class Model>
void adam_step(const AdamUpdate<typename Model::Scalar>& update, Rows rows, Model& model,
               const Model& gradient, Model& first, Model& second) {
  const auto dense = [&](auto& w, const auto& g, auto& m, auto& v) {
    update(w.size(), w.data(), g.data(), m.data(), v.data());
  };
  const auto table = [&](auto& w_table, const auto& g_table, auto& m_table, auto& v_table) {
    if (rows == Rows::all) return zip_parameters(dense, w_table, g_table, m_table, v_table);
    zip_parameters(
        [&](auto& w, const auto& g, auto& m, auto& v) {
          const Index width = w.extent(1);
          for (const Index row : g_table.touched.rows()) {
            update(width, w.data() + row * width, g.data() + row * width, m.data() + row * width,
                   v.data() + row * width);
          }
        },
        w_table, g_table, m_table, v_table);
  };
  zip_parameters_and_row_tables(dense, table, model, gradient, first, second);
}

}  // namespace detail

/// Adam: m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, w -= rate * m_hat / (sqrt(v_hat) + epsilon)
/// (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1). The bias correction counts steps of the optimiser.
///
/// The moments are two more values of the model's own type; nothing is keyed by address, so a copied
/// optimiser resumes exactly where the original stood.
template <class Model>
struct Adam {
  AdamOptions options;
  Model first, second;
  std::int64_t steps = 0;

  explicit Adam(const Model& model, AdamOptions o = {})
      : options(o), first(zeros_like(model)), second(zeros_like(model)) {}

  void step(Model& model, const Model& gradient) {
    const detail::AdamUpdate<typename Model::Scalar> update(options, ++steps, 0);
    detail::adam_step(update, options.rows, model, gradient, first, second);
  }
};

}  // namespace rapt
