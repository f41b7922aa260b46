// What a user writes with Eigen alone: the textbook formulas, matrix by matrix. The bench's flags
// (-march=native -mtune=generic) are the best for it.
#include "report/libraries.hpp"

#include <Eigen/Core>

#include <cmath>

namespace rapt_bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<const Matrix>;
using Head = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
using ConstHead = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

/// Keeps the probabilities of every head from forward to backward: 8 B H L^2 D operations backward.
class NaiveAttention {
 public:
  explicit NaiveAttention(const AttentionProblem& p)
      : p_(p), probabilities_(static_cast<std::size_t>(p.batch * p.heads)) {
    const auto size = static_cast<std::size_t>(p.size());
    for (Numbers* x : {&context_, &d_query_, &d_key_, &d_value_}) x->resize(size);
  }
  void forward() {
    for (Size b = 0; b < p_.batch; ++b) {
      for (Size h = 0; h < p_.heads; ++h) {
        Matrix& probability = probabilities_[static_cast<std::size_t>(b * p_.heads + h)];
        probability.noalias() = scale_ * head(p_.query, b, h) * head(p_.key, b, h).transpose();
        for (Size i = 0; i < p_.length; ++i) {
          auto row = probability.row(i).array();
          row = (row - row.maxCoeff()).exp();
          row /= row.sum();
        }
        head(context_, b, h).noalias() = probability * head(p_.value, b, h);
      }
    }
  }
  void backward() {
    for (Size b = 0; b < p_.batch; ++b) {
      for (Size h = 0; h < p_.heads; ++h) {
        const Matrix& probability = probabilities_[static_cast<std::size_t>(b * p_.heads + h)];
        const auto d_context = head(p_.d_context, b, h);
        head(d_value_, b, h).noalias() = probability.transpose() * d_context;
        d_scores_.noalias() = d_context * head(p_.value, b, h).transpose();
        for (Size i = 0; i < p_.length; ++i) {
          const auto weights = probability.row(i).array();
          auto row = d_scores_.row(i).array();
          row = scale_ * weights * (row - (row * weights).sum());
        }
        head(d_query_, b, h).noalias() = d_scores_ * head(p_.key, b, h);
        head(d_key_, b, h).noalias() = d_scores_.transpose() * head(p_.query, b, h);
      }
    }
  }
  std::vector<Numbers> results() const {
    switch (p_.pass) {
      case Pass::forward:
        return {context_};
      case Pass::backward:
        return {d_query_, d_key_, d_value_};
      case Pass::both:
        break;
    }
    return {context_, d_query_, d_key_, d_value_};
  }

 private:
  Size at(Size b, Size h) const { return b * p_.length * p_.heads * p_.width + h * p_.width; }
  ConstHead head(const Numbers& x, Size b, Size h) const {
    return {x.data() + at(b, h), p_.length, p_.width, Eigen::OuterStride<>(p_.heads * p_.width)};
  }
  Head head(Numbers& x, Size b, Size h) const {
    return {x.data() + at(b, h), p_.length, p_.width, Eigen::OuterStride<>(p_.heads * p_.width)};
  }

  const AttentionProblem& p_;
  float scale_ = 1 / std::sqrt(static_cast<float>(p_.width));
  std::vector<Matrix> probabilities_;
  Matrix d_scores_;
  Numbers context_, d_query_, d_key_, d_value_;
};

class NaiveDense {
 public:
  explicit NaiveDense(const DenseProblem& p)
      : p_(p), y_(p.weights.size()), d_weight_(p.weights.size()), d_bias_(p.weights.size()) {}
  void run() {
    for (std::size_t n = 0; n < y_.size(); ++n) {
      y_[n].noalias() = input(n) * weight(n).transpose();
      y_[n].rowwise() += Map(p_.biases[n].data(), 1, p_.width).row(0);
      if (p_.relu) y_[n] = y_[n].cwiseMax(0.0f);
    }
    dx_ = Map(p_.dy.data(), p_.rows, p_.width);
    for (std::size_t n = y_.size(); n-- > 0;) {
      d_ = dx_;
      if (p_.relu) d_.array() *= (y_[n].array() > 0.0f).cast<float>();
      d_weight_[n].noalias() = d_.transpose() * input(n);
      d_bias_[n] = d_.colwise().sum();
      dx_.noalias() = d_ * weight(n);
    }
  }
  std::vector<Numbers> results() const {
    std::vector<Numbers> all;
    const auto add = [&](const Matrix& x) { all.emplace_back(x.data(), x.data() + x.size()); };
    add(y_.back());
    add(dx_);
    for (std::size_t n = 0; n < y_.size(); ++n) {
      add(d_weight_[n]);
      add(d_bias_[n]);
    }
    return all;
  }

 private:
  Map input(std::size_t n) const { return Map(n == 0 ? p_.x.data() : y_[n - 1].data(), p_.rows, p_.width); }
  Map weight(std::size_t n) const { return Map(p_.weights[n].data(), p_.width, p_.width); }

  const DenseProblem& p_;
  std::vector<Matrix> y_, d_weight_, d_bias_;
  Matrix d_, dx_;
};

class NaiveEigen : public Library {
 public:
  std::string_view name() const override { return "eigen"; }
  std::string version() const override {
    return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION);
  }
  void set_threads(int n) override { one_thread_ = n == 1; }

  Sides matmul(const MatmulProblem& p) override {
    if (!one_thread_) return {};
    auto c = std::make_shared<Matrix>(p.m, p.n);
    const auto run = [c, &p] {
      const Map a(p.a.data(), p.m, p.k);
      if (p.transpose_b) {
        c->noalias() = a * Map(p.b.data(), p.n, p.k).transpose();
      } else {
        c->noalias() = a * Map(p.b.data(), p.k, p.n);
      }
    };
    return {{.run = run,
             .results = [c] { return std::vector<Numbers>{Numbers(c->data(), c->data() + c->size())}; }}};
  }

  Sides attention(const AttentionProblem& p) override {
    if (!one_thread_) return {};
    auto it = std::make_shared<NaiveAttention>(p);
    const Pass pass = p.pass;
    if (pass == Pass::backward) it->forward();
    return {{.run =
                 [=] {
                   if (pass != Pass::backward) it->forward();
                   if (pass != Pass::forward) it->backward();
                 },
             .results = [=] { return it->results(); },
             .holds_results = true}};
  }

  Sides dense(const DenseProblem& p) override {
    if (!one_thread_) return {};
    auto it = std::make_shared<NaiveDense>(p);
    return {{.run = [=] { it->run(); }, .results = [=] { return it->results(); }}};
  }

 private:
  bool one_thread_ = true;  // Eigen has threads only through OpenMP, which the bench is not built with
};

}  // namespace

std::unique_ptr<Library> make_eigen() { return std::make_unique<NaiveEigen>(); }

}  // namespace rapt_bench
