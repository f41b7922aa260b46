#include "report/rapt_steps.hpp"

#include <rapt/attention/learned_positions.hpp>
#include <rapt/attention/transformer_encoder_layer.hpp>
#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/bce_with_logits.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/optim/adam.hpp>

#include "report/rapt_numbers.hpp"

#include <memory>
#include <tuple>

namespace rapt_bench {
namespace {

using rapt::Tensor;
using rapt::TensorView;

struct Gan {
  explicit Gan(const GanProblem& p)
      : generator({p.noise, p.hidden, p.samples}, stream),
        discriminator({p.samples, p.hidden}, stream),
        z(matrix(p.z, p.batch, p.noise)),
        real(matrix(p.real, p.batch, p.samples)),
        trainer(start(generator, p.generator), start(discriminator, p.discriminator)) {}

  void run() { last = trainer.step(generator, discriminator, z, real); }
  std::vector<Numbers> results() const {
    typename rapt::Generator<float>::Cache cache;
    return {{last.discriminator_loss, last.generator_loss}, numbers(generator.forward(z, cache))};
  }

  template <class Player>
  static const Player& start(Player& player, const std::vector<Numbers>& values) {
    auto value = values.begin();
    zip_parameters([&](auto& parameter) { assign(parameter, *value++); }, player);
    return player;
  }

  rapt::RandomStream stream{1};
  rapt::Generator<float> generator;
  rapt::Discriminator<float> discriminator;
  TensorView<const float, 2> z, real;
  rapt::GanTrainer<rapt::Generator<float>, rapt::Discriminator<float>> trainer;
  rapt::GanStep<float> last;
};

/// The model of the step; item vectors are used three times, with a cache each and one gradient.
struct Sasrec {
  using Scalar = float;
  rapt::Embedding<float> item;
  rapt::LearnedPositions<float> position;
  rapt::TransformerEncoderLayer<float> block;
  static constexpr auto parameters =
      std::tuple{rapt::field("item", &Sasrec::item), rapt::field("position", &Sasrec::position),
                 rapt::field("block", &Sasrec::block)};
};

/// Scores of one item at each position, s_n = <h_n, e_n>, and their loss.
struct Scored {
  rapt::Embedding<float>::Cache item;
  rapt::BCEWithLogitsLoss<float>::Cache loss;
  Tensor<float, 2> scores, d_item;  // (N, 1), (N, E)

  float forward(const Sasrec& model, TensorView<const rapt::Index, 1> ids, TensorView<const float, 2> h,
                float target) {
    const auto e = model.item.forward(ids, item);
    scores.resize({ids.extent(0), 1});
    for (Size n = 0; n < ids.extent(0); ++n) scores(n, 0) = (h[n].array() * e[n].array()).sum();
    return rapt::BCEWithLogitsLoss<float>{}.forward(scores, target, loss);
  }
  void backward(const Sasrec& model, Sasrec& gradient, TensorView<const float, 2> h,
                TensorView<float, 2> dh) {
    const auto ds = rapt::BCEWithLogitsLoss<float>{}.backward(loss);
    d_item.resize(h.shape());
    // s_n = <h_n, e_n>
    for (Size n = 0; n < h.extent(0); ++n) {
      dh[n].array() += ds(n, 0) * item.y[n].array();
      d_item[n].array() = ds(n, 0) * h[n].array();
    }
    model.item.backward(d_item, item, &gradient.item);
  }
};

class SasrecStep {
 public:
  explicit SasrecStep(const SasrecProblem& p)
      : shape_{p.batch, p.length, p.width},
        ids_(ids_of(p.ids)),
        positive_ids_(ids_of(p.positive)),
        negative_ids_(ids_of(p.negative)),
        model_(made(p)),
        gradient_(rapt::zeros_like(model_)),
        optimiser_(model_) {}

  void run() {
    const auto embedded = model_.item.forward(ids_, item_cache_).reshape(shape_);
    const auto placed = model_.position.forward(embedded, position_cache_);
    const auto h = model_.block.forward({.x = placed, .causal = true}, block_cache_).rows();
    hidden_ = h;
    loss_ = positive_.forward(model_, positive_ids_, h, 1) + negative_.forward(model_, negative_ids_, h, 0);

    set_zero(gradient_, rapt::Rows::touched);
    const auto dh = dh_.resize(h.shape());
    dh_.fill(0);
    positive_.backward(model_, gradient_, h, dh);
    negative_.backward(model_, gradient_, h, dh);
    const auto d_placed = model_.block.backward(dh.reshape(shape_), block_cache_, &gradient_.block).x;
    const auto d_embedded = model_.position.backward(d_placed, position_cache_, &gradient_.position);
    model_.item.backward(d_embedded.rows(), item_cache_, &gradient_.item);
    optimiser_.step(model_, gradient_);
  }
  std::vector<Numbers> results() const { return {{loss_}, numbers(hidden_)}; }

 private:
  static Sasrec made(const SasrecProblem& p) {
    rapt::RandomStream stream(1);
    Sasrec model{rapt::Embedding<float>(p.items, p.width, stream),
                 rapt::LearnedPositions<float>(p.length, p.width, stream),
                 rapt::TransformerEncoderLayer<float>(p.width, p.heads, p.width, stream, {.dropout = 0})};
    assign(model.item.weight, p.item);
    assign(model.position.weight, p.position);
    auto value = p.block.begin();
    zip_parameters(
        [&](auto& parameter) {
          if (parameter.size() != 0) assign(parameter, *value++);
        },
        model.block);
    return model;
  }

  rapt::Shape<3> shape_;
  Tensor<rapt::Index, 1> ids_, positive_ids_, negative_ids_;
  Sasrec model_, gradient_;
  rapt::Adam<Sasrec> optimiser_;
  rapt::Embedding<float>::Cache item_cache_;
  rapt::LearnedPositions<float>::Cache position_cache_;
  rapt::TransformerEncoderLayer<float>::Cache block_cache_;
  Scored positive_, negative_;
  Tensor<float, 2> dh_;
  TensorView<const float, 2> hidden_{};  // in block_cache_
  float loss_ = 0;
};

template <class Step, class P>
Side side(const P& p) {
  auto step = std::make_shared<Step>(p);
  return {.run = [=] { step->run(); }, .results = [=] { return step->results(); }};
}

}  // namespace

Side rapt_gan_step(const GanProblem& p) { return side<Gan>(p); }
Side rapt_sasrec_step(const SasrecProblem& p) { return side<SasrecStep>(p); }

}  // namespace rapt_bench
