#include "report/cases.hpp"

#include <rapt/core/random.hpp>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace rapt_bench {
namespace {

template <class P>
using Pose = Sides (Library::*)(const P&);

template <class P>
class PosedProblem : public Problem {
 public:
  PosedProblem(P problem, Pose<P> how) : problem_(std::move(problem)), pose_(how) {}
  Sides pose(Library& library) const override { return (library.*pose_)(problem_); }

 private:
  P problem_;
  Pose<P> pose_;
};
template <class P>
std::unique_ptr<Problem> posed(P problem, Pose<P> pose) {
  return std::make_unique<PosedProblem<P>>(std::move(problem), pose);
}

Numbers noise(Size n, rapt::RandomStream& stream) {
  Numbers x(static_cast<std::size_t>(n));
  fill_normal(rapt::TensorView<float, 1>(x.data(), {n}), 0, 1, stream);
  return x;
}

template <class... Sizes>
std::string joined(std::string text, Sizes... sizes) {
  const char* separator = "_";
  ((text += std::exchange(separator, "x") + std::to_string(sizes)), ...);
  return text;
}

Case matmul(Size m, Size k, Size n, bool transpose_b) {
  return {.name = joined(transpose_b ? "matmul_nt" : "matmul", m, k, n),
          .operations = 2.0 * static_cast<double>(m * k * n),
          .problem = [=] {
            rapt::RandomStream stream(1);
            MatmulProblem p{m, k, n, transpose_b, noise(m * k, stream), noise(k * n, stream)};
            return posed(std::move(p), &Library::matmul);
          }};
}
/// Q K^T of one head.
Case scores(Size length, Size width) { return matmul(length, width, length, true); }
/// P V of one head.
Case mixed(Size length, Size width) { return matmul(length, length, width, false); }

struct AttentionShape {
  Size batch, heads, length, width;
};
/// 4 and 10 times B H L^2 D, the second with the scores computed once more: the same count for every library,
/// whether it keeps them or not.
Case attention(AttentionShape s, Pass pass) {
  const double forward = pass == Pass::backward ? 0 : 4, backward = pass == Pass::forward ? 0 : 10;
  const char* name = pass == Pass::forward    ? "attention_forward"
                     : pass == Pass::backward ? "attention_backward"
                                              : "attention_fb";
  return {.name = joined(name, s.batch, s.heads, s.length, s.width),
          .operations = (forward + backward) * static_cast<double>(s.batch * s.heads * s.length * s.width) *
                        static_cast<double>(s.length),
          .memory = true,
          .problem = [=] {
            rapt::RandomStream stream(1);
            AttentionProblem p{s.batch, s.heads, s.length, s.width, pass, {}, {}, {}, {}};
            for (Numbers* x : {&p.query, &p.key, &p.value, &p.d_context}) *x = noise(p.size(), stream);
            return posed(std::move(p), &Library::attention);
          }};
}

std::vector<std::int64_t> ids(Size n, Size limit, rapt::RandomStream& stream) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(n));
  for (std::int64_t& id : all) id = uniform_index(stream, limit);
  return all;
}
/// Of a linear map, as large as those of a fresh layer.
Numbers weights(Size in, Size out, rapt::RandomStream& stream) {
  Numbers x = noise(in * out, stream);
  for (float& w : x) w *= 0.5f / std::sqrt(static_cast<float>(in));
  return x;
}
/// Weight, bias.
void add_linear(std::vector<Numbers>& parameters, Size in, Size out, rapt::RandomStream& stream) {
  parameters.push_back(weights(in, out, stream));
  parameters.push_back(weights(1, out, stream));
}

Case dense(std::string name, Size rows, Size width, int depth, bool relu) {
  return {.name = std::move(name),
          .operations = 6.0 * static_cast<double>(rows * width * width * depth),  // y, dx, d_weight
          .problem = [=] {
            rapt::RandomStream stream(1);
            DenseProblem p{
                rows, width, relu, {}, {}, noise(rows * width, stream), noise(rows * width, stream)};
            for (int n = 0; n < depth; ++n) {
              p.weights.push_back(weights(width, width, stream));
              p.biases.push_back(weights(1, width, stream));
            }
            return posed(std::move(p), &Library::dense);
          }};
}
Case conv(Size in, Size out, Size size, Size kernel, Size stride, Size padding, Size groups = 1,
          bool transposed = false) {
  constexpr Size batch = 64;
  std::string name = transposed ? "conv_transpose_2d_fb" : "conv_2d_fb";
  name += "_" + std::to_string(in) + "_" + std::to_string(out) + "_k" + std::to_string(kernel) + "_s" +
          std::to_string(stride) + "_" + std::to_string(size) + "x" + std::to_string(size);
  if (groups != 1) name += "_groups_" + std::to_string(groups);
  ConvProblem shape{batch, in, out, size, kernel, stride, padding, groups, transposed, {}, {}, {}, {}};
  const Size products = (transposed ? size * size : shape.out_size() * shape.out_size()) * kernel * kernel;
  return {.name = std::move(name),
          .operations = 6.0 * static_cast<double>(batch * out * (in / groups) * products),
          .problem = [=] {
            rapt::RandomStream stream(1);
            ConvProblem p = shape;
            p.x = noise(batch * in * size * size, stream);
            p.weight = weights(in / groups * kernel * kernel, out, stream);
            p.bias = weights(1, out, stream);
            p.dy = noise(batch * out * p.out_size() * p.out_size(), stream);
            return posed(std::move(p), &Library::conv);
          }};
}
Case image_attention(Size batch, Size channels, Size size) {
  const Size length = size * size, c = channels;
  return {.name = joined("self_attention_2d_fb", batch, channels, size),
          .operations = static_cast<double>(batch * length) * (3.0 * 2.5 * static_cast<double>(c * c) +
                                                               3.5 * 1.25 * static_cast<double>(c * length)),
          .problem = [=] {
            rapt::RandomStream stream(1);
            ImageAttentionProblem p{batch,
                                    c,
                                    size,
                                    weights(c, c / 8, stream),
                                    weights(c, c / 8, stream),
                                    weights(c, c / 2, stream),
                                    weights(c / 2, c, stream),
                                    noise(batch * c * length, stream),
                                    noise(batch * c * length, stream)};
            return posed(std::move(p), &Library::image_attention);
          }};
}
void add_convolutions(std::vector<Case>& all) {
  all.push_back(conv(3, 64, 32, 4, 2, 1));
  all.push_back(conv(64, 128, 16, 4, 2, 1));
  all.push_back(conv(128, 128, 8, 3, 1, 1));
  all.push_back(conv(64, 64, 32, 3, 1, 1));
  all.push_back(conv(256, 256, 8, 3, 1, 1));
  all.push_back(conv(256, 64, 16, 1, 1, 0));
  all.push_back(conv(64, 64, 32, 3, 1, 1, 64));
  all.push_back(conv(128, 128, 16, 3, 2, 1, 128));
  all.push_back(conv(1, 32, 8, 3, 1, 1));
  all.push_back(conv(32, 64, 8, 3, 2, 1));
  all.push_back(conv(64, 64, 4, 3, 1, 1));
  all.push_back(conv(100, 256, 1, 4, 1, 0, 1, true));
  all.push_back(conv(128, 64, 8, 4, 2, 1, 1, true));
  all.push_back(conv(64, 3, 16, 4, 2, 1, 1, true));
  all.push_back(conv(64, 32, 4, 4, 2, 1, 1, true));
}
Case embedding(Size rows, Size width, Size count) {
  return {.name = joined("embedding_fb", rows, width) + "_ids_" + std::to_string(count), .problem = [=] {
            rapt::RandomStream stream(1);
            EmbeddingProblem p{rows, width, noise(rows * width, stream), noise(count * width, stream),
                               ids(count, rows, stream)};
            return posed(std::move(p), &Library::embedding);
          }};
}
Case norm(const char* name, Size rows, Size width, Pose<NormProblem> pose) {
  return {.name = joined(name, rows, width), .problem = [=] {
            rapt::RandomStream stream(1);
            NormProblem p{rows,
                          width,
                          noise(rows * width, stream),
                          noise(width, stream),
                          noise(width, stream),
                          noise(rows * width, stream)};
            return posed(std::move(p), pose);
          }};
}
Case function(const char* name, Size rows, Size width, Pose<FunctionProblem> pose) {
  return {.name = joined(name, rows, width), .problem = [=] {
            rapt::RandomStream stream(1);
            FunctionProblem p{rows, width, noise(rows * width, stream), noise(rows * width, stream)};
            return posed(std::move(p), pose);
          }};
}
Case update(const char* name, Size rows, Size columns, bool decoupled) {
  return {.name = name, .problem = [=] {
            rapt::RandomStream stream(1);
            UpdateProblem p{rows,
                            columns,
                            decoupled,
                            noise(rows * columns, stream),
                            noise(rows, stream),
                            noise(rows * columns, stream),
                            noise(rows, stream)};
            return posed(std::move(p), &Library::adam);
          }};
}

Case gan_step(Size batch, Size noise_width, Size hidden, Size samples) {
  // What a step needs: D three times forward (real, fake, fake after its update), its weights' gradient from
  // two of them, that of its input in G's turn; G forward once, and backward but for its input.
  const Size first = noise_width * hidden, second = hidden * samples;
  const Size products = (first + second) + (first + 2 * second) + 3 * second + 2 * second + second;
  return {.name = "gan_step_" + std::to_string(noise_width) + "_" + std::to_string(hidden) + "_" +
                  std::to_string(samples),
          .operations = 2.0 * static_cast<double>(batch * products),
          .problem = [=] {
            rapt::RandomStream stream(1);
            GanProblem p{batch, noise_width, hidden, samples, {}, {}, {}, {}};
            add_linear(p.generator, noise_width, hidden, stream);
            add_linear(p.generator, hidden, samples, stream);
            add_linear(p.discriminator, samples, hidden, stream);
            add_linear(p.discriminator, hidden, 1, stream);
            p.z = noise(batch * noise_width, stream);
            p.real = noise(batch * samples, stream);
            return posed(std::move(p), &Library::gan_step);
          }};
}
Case sasrec_step(Size batch, Size length, Size width, Size heads, Size items) {
  const Size positions = batch * length;
  return {.name = joined("sasrec_step", batch, length, width),
          .operations = 3.0 * static_cast<double>(positions * width * (12 * width + 4 * length)),
          .problem = [=] {
            rapt::RandomStream stream(1);
            SasrecProblem p{batch, length, width, heads, items, {}, {}, {}, {}, {}, {}};
            for (auto* list : {&p.ids, &p.positive, &p.negative}) *list = ids(positions, items, stream);
            p.item = weights(width, items, stream);
            p.position = weights(width, length, stream);
            add_linear(p.block, width, 3 * width, stream);
            for (int n = 0; n < 3; ++n) add_linear(p.block, width, width, stream);
            for (int n = 0; n < 2; ++n) {
              p.block.emplace_back(width, 1.0f);
              p.block.emplace_back(width, 0.0f);
            }
            return posed(std::move(p), &Library::sasrec_step);
          }};
}

}  // namespace

std::vector<Case> all_cases() {
  std::vector<Case> all{matmul(128, 256, 256, false),
                        matmul(128, 256, 256, true),
                        matmul(512, 512, 512, false),
                        matmul(1024, 1024, 1024, false),
                        matmul(128, 3706, 256, false),
                        matmul(128, 256, 3706, false),
                        scores(50, 32),
                        scores(128, 32),
                        scores(200, 64),
                        scores(512, 64),
                        scores(1024, 64),
                        scores(4096, 64),
                        scores(4096, 32),
                        mixed(50, 32),
                        mixed(50, 64),
                        mixed(200, 64),
                        mixed(1024, 64)};
  constexpr AttentionShape shapes[] = {
      {128, 4, 50, 32}, {32, 8, 128, 64}, {8, 8, 512, 64}, {1, 8, 4096, 64}, {1, 1, 16384, 64}};
  for (const Pass pass : {Pass::forward, Pass::both, Pass::backward}) {
    for (const AttentionShape& shape : shapes) all.push_back(attention(shape, pass));
  }
  all.push_back(dense("linear_fb_128x256x256", 128, 256, 1, false));
  all.push_back(dense("sequential_fb_3x_linear_relu_128x256", 128, 256, 3, true));
  add_convolutions(all);
  all.push_back(image_attention(32, 128, 16));
  all.push_back(image_attention(64, 64, 8));
  all.push_back(embedding(3706, 128, 6400));
  all.push_back(norm("layer_norm_fb", 6400, 128, &Library::layer_norm));
  all.push_back(norm("batch_norm_1d_fb", 128, 256, &Library::batch_norm));
  all.push_back(function("softmax_fb", 6400, 50, &Library::softmax));
  all.push_back(function("gelu_fb", 6400, 512, &Library::gelu));
  all.push_back(update("adam_10m", 4000, 2500, false));
  all.push_back(update("adamw_10m", 4000, 2500, true));
  all.push_back(gan_step(128, 128, 256, 1682));
  all.push_back(sasrec_step(128, 50, 128, 4, 3706));
  return all;
}

Case find_case(const std::string& name) {
  auto all = all_cases();
  all.push_back(attention({1, 1, 8192, 64}, Pass::both));
  for (Case& c : all) {
    if (c.name == name) return std::move(c);
  }
  throw std::invalid_argument("there is no case " + name);
}

}  // namespace rapt_bench
