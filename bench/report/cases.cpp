#include "report/cases.hpp"

#include <rapt/core/random.hpp>

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
  return all;
}

}  // namespace rapt_bench
