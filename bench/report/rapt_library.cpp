// This library's side of every case.
#include "report/libraries.hpp"

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/version.hpp>

#include "attention_case.hpp"

#include <memory>

namespace rapt_bench {
namespace {

using rapt::Index;
using rapt::Tensor;
using rapt::TensorView;

template <std::size_t Rank>
Numbers numbers(const TensorView<const float, Rank>& view) {
  return Numbers(view.data(), view.data() + view.size());
}

class Rapt : public Library {
 public:
  std::string_view name() const override { return "rapt"; }
  void set_threads(int n) override { rapt::set_threads(n); }

  Sides matmul(const MatmulProblem& p) override {
    const TensorView<const float, 2> a(p.a.data(), {p.m, p.k});
    const TensorView<const float, 2> b(p.b.data(),
                                       p.transpose_b ? rapt::Shape<2>{p.n, p.k} : rapt::Shape<2>{p.k, p.n});
    auto c = std::make_shared<Tensor<float, 2>>(rapt::Shape<2>{p.m, p.n});
    return {{.run = [=, t = p.transpose_b] { rapt::matmul(a, b, c->view(), {.transpose_b = t}); },
             .results = [=] { return std::vector<Numbers>{numbers<2>(*c)}; }}};
  }

  Sides attention(const AttentionProblem& p) override {
    const auto view = [&](const Numbers& x) {
      return TensorView<const float, 3>(x.data(), {p.batch, p.length, p.heads * p.width});
    };
    auto it = std::make_shared<AttentionCase>(AttentionCase{
        {.query = view(p.query), .key = view(p.key), .value = view(p.value)}, view(p.d_context), p.heads});
    const Pass pass = p.pass;
    if (pass == Pass::backward) it->forward();
    return {{.run =
                 [=] {
                   if (pass != Pass::backward) it->forward();
                   if (pass != Pass::forward) it->backward();
                 },
             .results =
                 [=] {
                   std::vector<Numbers> all;
                   if (pass != Pass::backward) all.push_back(numbers(it->context()));
                   if (pass == Pass::forward) return all;
                   for (const auto& d : {it->d_query(), it->d_key(), it->d_value()})
                     all.push_back(numbers(d));
                   return all;
                 }}};
  }
};

}  // namespace

std::unique_ptr<Library> make_rapt() { return std::make_unique<Rapt>(); }

}  // namespace rapt_bench
