#include <rapt/gan/gan_penalty.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/wiring.hpp>

#include "support/catch.hpp"

namespace {

using PenaltyTestG = rapt::Generator<double>;
using PenaltyTestD = rapt::Discriminator<double>;
using PenaltyTestWiring = rapt::GanWiring<PenaltyTestG, PenaltyTestD>;
static_assert(rapt::GanPenalty<rapt::NoPenalty, PenaltyTestD, PenaltyTestWiring, PenaltyTestG::Input>);
struct PenaltyWithoutAdd {
  template <class D, class Wiring>
  struct Cache {};
};
static_assert(!rapt::GanPenalty<PenaltyWithoutAdd, PenaltyTestD, PenaltyTestWiring, PenaltyTestG::Input>);

}  // namespace

TEST_CASE("NoPenalty is 0 and moves no gradient", "[gan][gan_penalty]") {
  rapt::RandomStream stream(1);
  const PenaltyTestD d({2, 3}, stream);
  PenaltyTestD gradient = rapt::zeros_like(d);
  const rapt::Tensor<double, 2> x({4, 2}), z({4, 1});
  rapt::NoPenalty::Cache<PenaltyTestD, PenaltyTestWiring> cache;
  CHECK(rapt::NoPenalty{}.add(d, x.view(), x.view(), z.view(), stream, cache, &gradient) == 0);
  rapt::zip_parameters(
      [](const auto& g) {
        for (const double v : g) CHECK(v == 0);
      },
      gradient);
}
