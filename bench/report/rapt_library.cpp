// This library's side of every case.
#include "report/libraries.hpp"

#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/core/training.hpp>
#include <rapt/nn/batch_norm_1d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/conv_transpose_2d.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/gelu.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/ops/softmax.hpp>
#include <rapt/optim/adam.hpp>
#include <rapt/optim/adamw.hpp>

#include "attention_case.hpp"
#include "report/rapt_numbers.hpp"
#include "report/rapt_steps.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace rapt_bench {
namespace {

using rapt::Index;
using rapt::Tensor;
using rapt::TensorView;

/// Forward and backward of one layer in training mode, its gradient cleared before: what a step costs.
template <class L>
struct LayerRun {
  LayerRun(L made, typename L::Input input, typename L::Output d_output)
      : layer(std::move(made)), gradient(zeros_like(layer)), x(input), dy(d_output) {
    start_training(cache, rapt::RandomStream(2));
  }
  void run() {
    y = layer.forward(x, cache);
    set_zero(gradient, rapt::Rows::touched);
    if constexpr (std::is_void_v<decltype(layer.backward(dy, cache, &gradient))>) {
      layer.backward(dy, cache, &gradient);
    } else {
      dx = layer.backward(dy, cache, &gradient);
    }
    absorb(layer, cache);
  }
  std::vector<Numbers> results() const {
    std::vector<Numbers> all{numbers(y)};
    if (!dx.absent()) all.push_back(numbers(dx));
    zip_parameters(
        [&](const auto& parameter) {
          if (parameter.size() != 0) all.push_back(numbers(parameter));
        },
        gradient);
    return all;
  }

  L layer, gradient;
  typename L::Cache cache;
  typename L::Input x;
  typename L::Output dy, y, dx;
};
template <class L>
Side layer_side(L layer, typename L::Input x, typename L::Output dy) {
  auto it = std::make_shared<LayerRun<L>>(std::move(layer), x, dy);
  return {.run = [=] { it->run(); }, .results = [=] { return it->results(); }};
}

rapt::Linear<float> linear(const DenseProblem& p, std::size_t n) {
  rapt::RandomStream stream(1);
  rapt::Linear<float> layer(p.width, p.width, stream);
  assign(layer.weight, p.weights[n]);
  assign(layer.bias, p.biases[n]);
  return layer;
}
template <class L>
Side conv_side(const ConvProblem& p) {
  rapt::RandomStream stream(1);
  L layer(p.in, p.out, p.kernel, stream, {.stride = p.stride, .padding = p.padding, .groups = p.groups});
  assign(layer.weight, p.weight);
  assign(layer.bias, p.bias);
  return layer_side(std::move(layer), {p.x.data(), {p.batch, p.in, p.size, p.size}},
                    {p.dy.data(), {p.batch, p.out, p.out_size(), p.out_size()}});
}
template <class L>
L norm(const NormProblem& p) {
  L layer(p.width);
  assign(layer.weight, p.weight);
  assign(layer.bias, p.bias);
  return layer;
}

template <class Optimiser>
struct Update {
  explicit Update(const UpdateProblem& p) : weight(made(p)), gradient(weight), optimiser(weight) {
    assign(weight.weight, p.weight);
    assign(weight.bias, p.bias);
    assign(gradient.weight, p.d_weight);
    assign(gradient.bias, p.d_bias);
  }
  static rapt::Linear<float> made(const UpdateProblem& p) {
    rapt::RandomStream stream(1);
    return {p.columns, p.rows, stream};
  }
  rapt::Linear<float> weight, gradient;
  Optimiser optimiser;
};
template <class Optimiser>
Side update_side(const UpdateProblem& p) {
  auto it = std::make_shared<Update<Optimiser>>(p);
  return {.run = [=] { it->optimiser.step(it->weight, it->gradient); },
          .results = [=] { return std::vector<Numbers>{numbers(it->weight.weight)}; }};
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
             .results = [=] { return std::vector<Numbers>{numbers(*c)}; }}};
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

  Sides dense(const DenseProblem& p) override {
    using R = rapt::ReLU<float>;
    const auto x = matrix(p.x, p.rows, p.width), dy = matrix(p.dy, p.rows, p.width);
    if (p.weights.size() == 1 && !p.relu) return {layer_side(linear(p, 0), x, dy)};
    if (p.weights.size() != 3 || !p.relu) return {};
    return {layer_side(rapt::Sequential{linear(p, 0), R{}, linear(p, 1), R{}, linear(p, 2), R{}}, x, dy)};
  }
  Sides conv(const ConvProblem& p) override {
    return {p.transposed ? conv_side<rapt::ConvTranspose2d<float>>(p) : conv_side<rapt::Conv2d<float>>(p)};
  }
  Sides image_attention(const ImageAttentionProblem& p) override {
    rapt::RandomStream stream(1);
    rapt::SelfAttention2d<float> layer(p.channels, stream);
    assign(layer.query.weight, p.query);
    assign(layer.key.weight, p.key);
    assign(layer.value.weight, p.value);
    assign(layer.out_proj.weight, p.out);
    layer.gamma.fill(1);
    const rapt::Shape<4> shape{p.batch, p.channels, p.size, p.size};
    return {layer_side(std::move(layer), {p.x.data(), shape}, {p.dy.data(), shape})};
  }
  Sides embedding(const EmbeddingProblem& p) override {
    rapt::RandomStream stream(1);
    rapt::Embedding<float> layer(p.table_rows, p.width, stream);
    assign(layer.weight, p.table);
    const auto ids = std::make_shared<Tensor<Index, 1>>(ids_of(p.ids));
    Side side = layer_side(std::move(layer), ids->view(), matrix(p.dy, ids->extent(0), p.width));
    side.run = [ids, run = side.run] { run(); };  // which borrows the ids
    return {side};
  }
  Sides layer_norm(const NormProblem& p) override {
    return {layer_side(norm<rapt::LayerNorm<float>>(p), matrix(p.x, p.rows, p.width),
                       matrix(p.dy, p.rows, p.width))};
  }
  Sides batch_norm(const NormProblem& p) override {
    return {layer_side(norm<rapt::BatchNorm1d<float>>(p), matrix(p.x, p.rows, p.width),
                       matrix(p.dy, p.rows, p.width))};
  }
  Sides gelu(const FunctionProblem& p) override {
    return {layer_side(rapt::GELU<float>{}, matrix(p.x, p.rows, p.width), matrix(p.dy, p.rows, p.width))};
  }
  Sides softmax(const FunctionProblem& p) override {
    const auto x = matrix(p.x, p.rows, p.width), dy = matrix(p.dy, p.rows, p.width);
    auto y = std::make_shared<Tensor<float, 2>>(x.shape()),
         dx = std::make_shared<Tensor<float, 2>>(x.shape());
    return {{.run =
                 [=] {
                   rapt::softmax<float, 2>(x, *y);
                   rapt::softmax_backward<float, 2>(dy, *y, *dx);
                 },
             .results =
                 [=] {
                   return std::vector<Numbers>{numbers(*y), numbers(*dx)};
                 }}};
  }
  Sides adam(const UpdateProblem& p) override {
    using Model = rapt::Linear<float>;
    return {p.decoupled ? update_side<rapt::AdamW<Model>>(p) : update_side<rapt::Adam<Model>>(p)};
  }
  Sides gan_step(const GanProblem& p) override { return {rapt_gan_step(p)}; }
  Sides sasrec_step(const SasrecProblem& p) override { return {rapt_sasrec_step(p)}; }
};

}  // namespace

std::unique_ptr<Library> make_rapt() { return std::make_unique<Rapt>(); }

}  // namespace rapt_bench
