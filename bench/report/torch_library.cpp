// libtorch, by the calls that torch.nn makes; gradients by its tape. The one file that pays for its headers.
#include "report/blas_threads.hpp"
#include "report/libraries.hpp"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>

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

/// y = f(inputs), and the gradients of all inputs by the tape.
class TorchFunction {
 public:
  using Function = std::function<Tensor(const std::vector<Tensor>&)>;
  TorchFunction(std::vector<Tensor> inputs, Tensor dy, Function f)
      : inputs_(std::move(inputs)), dy_(std::move(dy)), f_(std::move(f)) {}
  void run() {
    y_ = f_(inputs_);
    gradients_ = torch::autograd::grad({y_}, inputs_, {dy_});
  }
  std::vector<Numbers> results() const {
    std::vector<Numbers> all{numbers(y_)};
    for (const Tensor& gradient : gradients_) all.push_back(numbers(gradient));
    return all;
  }

 private:
  std::vector<Tensor> inputs_;
  Tensor dy_, y_;
  Function f_;
  std::vector<Tensor> gradients_;
};

template <class Run>
Side side(std::shared_ptr<Run> it) {
  return {.run = [=] { it->run(); }, .results = [=] { return it->results(); }};
}
Side function_side(std::vector<Tensor> inputs, Tensor dy, TorchFunction::Function f) {
  return side(std::make_shared<TorchFunction>(std::move(inputs), std::move(dy), std::move(f)));
}

Tensor ids(const std::vector<std::int64_t>& values, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<std::int64_t*>(values.data()), shape, torch::kInt64).clone();
}
/// Values in the order in which a module lists its parameters.
void assign(torch::nn::Module& module, const std::vector<Numbers>& values) {
  const at::NoGradGuard none;
  auto value = values.begin();
  for (Tensor& parameter : module.parameters()) parameter.copy_(leaf(*value++, parameter.sizes(), false));
}

template <class Optimiser, class Options>
class TorchUpdate {
 public:
  TorchUpdate(const UpdateProblem& p, const Options& options)
      : weights_{leaf(p.weight, {p.rows, p.columns}, true), leaf(p.bias, {p.rows}, true)},
        optimiser_(weights_, options) {
    weights_[0].mutable_grad() = leaf(p.d_weight, {p.rows, p.columns}, false);
    weights_[1].mutable_grad() = leaf(p.d_bias, {p.rows}, false);
  }
  void run() { optimiser_.step(); }
  std::vector<Numbers> results() const { return {numbers(weights_[0])}; }

 private:
  std::vector<Tensor> weights_;
  Optimiser optimiser_;
};

/// The loop of PyTorch's own example of a GAN.
class TorchGan {
 public:
  explicit TorchGan(const GanProblem& p)
      : generator_(torch::nn::Linear(p.noise, p.hidden), torch::nn::ReLU(),
                   torch::nn::Linear(p.hidden, p.samples)),
        discriminator_(torch::nn::Linear(p.samples, p.hidden),
                       torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.2)),
                       torch::nn::Linear(p.hidden, 1)),
        z_(leaf(p.z, {p.batch, p.noise}, false)),
        real_(leaf(p.real, {p.batch, p.samples}, false)),
        ones_(torch::ones({p.batch, 1})),
        zeros_(torch::zeros({p.batch, 1})),
        g_optimiser_(generator_->parameters(), options()),
        d_optimiser_(discriminator_->parameters(), options()) {
    assign(*generator_, p.generator);
    assign(*discriminator_, p.discriminator);
  }
  void run() {
    discriminator_->zero_grad();
    const Tensor fake = generator_->forward(z_);
    const Tensor real_loss = loss(discriminator_->forward(real_), ones_);
    const Tensor fake_loss = loss(discriminator_->forward(fake.detach()), zeros_);
    const Tensor d_loss = real_loss + fake_loss;
    d_loss.backward();
    d_optimiser_.step();

    generator_->zero_grad();
    const Tensor g_loss = loss(discriminator_->forward(fake), ones_);
    g_loss.backward();
    g_optimiser_.step();
    losses_ = {d_loss.item<float>(), g_loss.item<float>()};
  }
  std::vector<Numbers> results() {
    const at::NoGradGuard none;
    return {losses_, numbers(generator_->forward(z_))};
  }

 private:
  static torch::optim::AdamOptions options() { return torch::optim::AdamOptions(2e-4).betas({0.5, 0.999}); }
  static Tensor loss(const Tensor& logits, const Tensor& target) {
    return torch::nn::functional::binary_cross_entropy_with_logits(logits, target);
  }

  torch::nn::Sequential generator_, discriminator_;
  Tensor z_, real_, ones_, zeros_;
  torch::optim::Adam g_optimiser_, d_optimiser_;
  Numbers losses_;
};

/// Everything is (length, batch, ...), as this version's modules want it: nothing is transposed in the step.
class TorchSasrec {
 public:
  explicit TorchSasrec(const SasrecProblem& p)
      : p_(p),
        ids_(turned(p.ids)),
        positive_(turned(p.positive)),
        negative_(turned(p.negative)),
        item_(leaf(p.item, {p.items, p.width}, true)),
        position_(leaf(p.position, {p.length, 1, p.width}, true)),
        block_(
            torch::nn::TransformerEncoderLayerOptions(p.width, p.heads).dim_feedforward(p.width).dropout(0)),
        future_(torch::full({p.length, p.length}, -INFINITY).triu(1)),
        ones_(torch::ones({p.length, p.batch})),
        zeros_(torch::zeros({p.length, p.batch})) {
    // Its modules list self-attention's two maps, linear1, linear2, norm1, norm2: the order of the problem.
    assign(*block_, p.block);
    block_->eval();  // or its dropouts of nothing would run
    std::vector<Tensor> all = block_->parameters();
    all.insert(all.end(), {item_, position_});
    optimiser_ = std::make_unique<torch::optim::Adam>(all, torch::optim::AdamOptions(1e-3));
  }
  void run() {
    optimiser_->zero_grad();
    const Tensor placed = at::embedding(item_, ids_) + position_;
    hidden_ = block_->forward(placed, future_);
    const Tensor loss = scored(positive_, ones_) + scored(negative_, zeros_);
    loss.backward();
    optimiser_->step();
    loss_ = loss.item<float>();
  }
  std::vector<Numbers> results() const { return {{loss_}, numbers(hidden_.transpose(0, 1))}; }

 private:
  Tensor turned(const std::vector<std::int64_t>& values) const {
    return ids(values, {p_.batch, p_.length}).t().contiguous();
  }
  Tensor scored(const Tensor& items, const Tensor& target) const {
    const Tensor scores = (hidden_ * at::embedding(item_, items)).sum(-1);
    return torch::nn::functional::binary_cross_entropy_with_logits(scores, target);
  }

  const SasrecProblem& p_;
  Tensor ids_, positive_, negative_, item_, position_;
  torch::nn::TransformerEncoderLayer block_;
  Tensor future_, ones_, zeros_, hidden_;
  std::unique_ptr<torch::optim::Adam> optimiser_;
  float loss_ = 0;
};

class Torch : public Library {
 public:
  std::string_view name() const override { return "libtorch"; }
  std::string version() const override { return TORCH_VERSION; }
  void set_threads(int n) override {
    at::set_num_threads(n);
    set_blas_threads(n);
  }

  Sides attention(const AttentionProblem& p) override { return {side(std::make_shared<TorchAttention>(p))}; }
  Sides dense(const DenseProblem& p) override {
    std::vector<Tensor> inputs{leaf(p.x, {p.rows, p.width}, true)};
    for (std::size_t n = 0; n < p.weights.size(); ++n) {
      inputs.push_back(leaf(p.weights[n], {p.width, p.width}, true));
      inputs.push_back(leaf(p.biases[n], {p.width}, true));
    }
    return {function_side(std::move(inputs), leaf(p.dy, {p.rows, p.width}, false),
                          [relu = p.relu](const std::vector<Tensor>& x) {
                            Tensor y = x[0];
                            for (std::size_t n = 1; n < x.size(); n += 2) {
                              y = at::linear(y, x[n], x[n + 1]);
                              if (relu) y = at::relu(y);
                            }
                            return y;
                          })};
  }
  Sides conv(const ConvProblem& p) override {
    std::vector<Tensor> inputs{leaf(p.x, {p.batch, p.in, p.size, p.size}, true)};
    inputs.push_back(p.transposed ? leaf(p.weight, {p.in, p.out / p.groups, p.kernel, p.kernel}, true)
                                  : leaf(p.weight, {p.out, p.in / p.groups, p.kernel, p.kernel}, true));
    inputs.push_back(leaf(p.bias, {p.out}, true));
    return {function_side(std::move(inputs), leaf(p.dy, {p.batch, p.out, p.out_size(), p.out_size()}, false),
                          [stride = p.stride, padding = p.padding, groups = p.groups,
                           transposed = p.transposed](const std::vector<Tensor>& x) {
                            return transposed
                                       ? at::conv_transpose2d(x[0], x[1], x[2], stride, padding, 0, groups)
                                       : at::conv2d(x[0], x[1], x[2], stride, padding, 1, groups);
                          })};
  }
  Sides image_attention(const ImageAttentionProblem& p) override {
    const Size c = p.channels, length = p.size * p.size;
    const auto map = [](const Numbers& weight, Size in, Size out) {
      return leaf(weight, {out, in, 1, 1}, true);
    };
    return {function_side(
        {leaf(p.x, {p.batch, c, p.size, p.size}, true), map(p.query, c, c / 8), map(p.key, c, c / 8),
         map(p.value, c, c / 2), map(p.out, c / 2, c), torch::ones({1}).requires_grad_()},
        leaf(p.dy, {p.batch, c, p.size, p.size}, false),
        [=, n = p.batch, s = p.size](const std::vector<Tensor>& x) {
          const auto rows = [&](const Tensor& w) { return at::conv2d(x[0], w).view({n, w.size(0), length}); };
          const Tensor weights = at::softmax(at::bmm(rows(x[1]).transpose(1, 2), rows(x[2])), -1);
          const Tensor mixed = at::bmm(rows(x[3]), weights.transpose(1, 2)).view({n, c / 2, s, s});
          return x[0] + x[5] * at::conv2d(mixed, x[4]);
        })};
  }
  Sides embedding(const EmbeddingProblem& p) override {
    const auto count = static_cast<Size>(p.ids.size());
    return {function_side(
        {leaf(p.table, {p.table_rows, p.width}, true)}, leaf(p.dy, {count, p.width}, false),
        [which = ids(p.ids, {count})](const std::vector<Tensor>& x) { return at::embedding(x[0], which); })};
  }
  Sides layer_norm(const NormProblem& p) override {
    return norm(p, [width = p.width](const std::vector<Tensor>& x) {
      return at::layer_norm(x[0], {width}, x[1], x[2]);
    });
  }
  Sides batch_norm(const NormProblem& p) override {
    const Tensor mean = torch::zeros({p.width}), variance = torch::ones({p.width});
    return norm(p, [=](const std::vector<Tensor>& x) {
      return at::batch_norm(x[0], x[1], x[2], mean, variance, true, 0.1, 1e-5, false);
    });
  }
  Sides softmax(const FunctionProblem& p) override {
    return function(p, [](const std::vector<Tensor>& x) { return at::softmax(x[0], -1); });
  }
  Sides gelu(const FunctionProblem& p) override {
    return function(p, [](const std::vector<Tensor>& x) { return at::gelu(x[0]); });
  }
  Sides adam(const UpdateProblem& p) override {
    using namespace torch::optim;
    if (!p.decoupled) return {side(std::make_shared<TorchUpdate<Adam, AdamOptions>>(p, AdamOptions(1e-3)))};
    const auto options = AdamWOptions(1e-3).weight_decay(1e-2);
    return {side(std::make_shared<TorchUpdate<AdamW, AdamWOptions>>(p, options))};
  }
  Sides gan_step(const GanProblem& p) override { return {side(std::make_shared<TorchGan>(p))}; }
  Sides sasrec_step(const SasrecProblem& p) override { return {side(std::make_shared<TorchSasrec>(p))}; }

 private:
  static Sides norm(const NormProblem& p, TorchFunction::Function f) {
    std::vector<Tensor> inputs{leaf(p.x, {p.rows, p.width}, true), leaf(p.weight, {p.width}, true),
                               leaf(p.bias, {p.width}, true)};
    return {function_side(std::move(inputs), leaf(p.dy, {p.rows, p.width}, false), std::move(f))};
  }
  static Sides function(const FunctionProblem& p, TorchFunction::Function f) {
    return {function_side({leaf(p.x, {p.rows, p.width}, true)}, leaf(p.dy, {p.rows, p.width}, false),
                          std::move(f))};
  }
};

}  // namespace

std::unique_ptr<Library> make_torch() { return std::make_unique<Torch>(); }

}  // namespace rapt_bench
