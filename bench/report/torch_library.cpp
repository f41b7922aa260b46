// libtorch, by the calls that torch.nn makes; gradients by its tape. The one file that pays for its headers.
#include "report/libraries.hpp"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>

// Of the OpenBLAS that libtorch calls, if it does; at::set_num_threads does not tell it.
extern "C" [[gnu::weak]] void openblas_set_num_threads(int);

namespace rapt_bench {
namespace {

using torch::Tensor;

Tensor leaf(const Numbers& x, at::IntArrayRef shape, bool wants_gradient) {
  // The tape's own memory, so that its alignment is what it likes best.
  const Tensor view = torch::from_blob(const_cast<float*>(x.data()), shape);
  return view.clone().set_requires_grad(wants_gradient);
}
Numbers numbers(const Tensor& x) {
  const Tensor flat = x.detach().contiguous();
  return Numbers(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
}

/// bmm, softmax, bmm on (B * H, L, D), as torch.nn.functional's attention does it in 1.13.
class TorchAttention {
 public:
  explicit TorchAttention(const AttentionProblem& p) : p_(p) {
    const auto heads = [&](const Numbers& x, bool wants_gradient) {
      const at::NoGradGuard none;
      return leaf(x, {p.batch, p.length, p.heads, p.width}, false)
          .permute({0, 2, 1, 3})
          .reshape({p.batch * p.heads, p.length, p.width})
          .contiguous()
          .set_requires_grad(wants_gradient);
    };
    const bool trains = p.pass != Pass::forward;
    query_ = heads(p.query, trains);
    key_ = heads(p.key, trains);
    value_ = heads(p.value, trains);
    d_context_ = heads(p.d_context, false);
    if (p.pass == Pass::backward) context_ = attend();
  }

  void run() {
    switch (p_.pass) {
      case Pass::forward: {
        const at::NoGradGuard none;
        context_ = attend();
        return;
      }
      case Pass::backward:
        return backward(true);
      case Pass::both: {
        context_ = Tensor();  // before the next takes memory
        context_ = attend();
        return backward(false);
      }
    }
  }
  std::vector<Numbers> results() const {
    std::vector<Numbers> all;
    const auto add = [&](const Tensor& x) {
      all.push_back(numbers(x.view({p_.batch, p_.heads, p_.length, p_.width}).permute({0, 2, 1, 3})));
    };
    if (p_.pass != Pass::backward) add(context_.detach());
    for (const Tensor& gradient : gradients_) add(gradient);
    return all;
  }

 private:
  Tensor attend() const {
    const Tensor scaled = query_ / std::sqrt(static_cast<double>(p_.width));
    return at::bmm(at::softmax(at::bmm(scaled, key_.transpose(1, 2)), -1), value_);
  }
  void backward(bool keep_graph) {
    gradients_ = torch::autograd::grad({context_}, {query_, key_, value_}, {d_context_}, keep_graph);
  }

  const AttentionProblem& p_;
  Tensor query_, key_, value_, d_context_, context_;
  std::vector<Tensor> gradients_;
};

class Torch : public Library {
 public:
  std::string_view name() const override { return "libtorch"; }
  std::string version() const override { return TORCH_VERSION; }
  void set_threads(int n) override {
    at::set_num_threads(n);
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(n);
  }

  Sides attention(const AttentionProblem& p) override {
    auto it = std::make_shared<TorchAttention>(p);
    return {{.run = [=] { it->run(); }, .results = [=] { return it->results(); }}};
  }
};

}  // namespace

std::unique_ptr<Library> make_torch() { return std::make_unique<Torch>(); }

}  // namespace rapt_bench
