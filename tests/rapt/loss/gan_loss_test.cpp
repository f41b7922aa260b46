#include <rapt/loss/gan_loss.hpp>

#include "support/catch.hpp"

namespace {

/// What a user needs for a loss of his own: D's logits to 1 and to 0 by distance, G's to 1.
struct GanLossOfAUser {
  using Scalar = float;
  using Logits = rapt::TensorView<const float, 2>;
  static constexpr bool generator_reads_real = false;
  struct Cache {
    rapt::Tensor<float, 2> d_real, d_fake;
  };
  float discriminator(Logits real, Logits fake, Cache& cache) const {
    rapt::detail::gradient_of_mean(real, cache.d_real, [](float) { return -1.0f; });
    rapt::detail::gradient_of_mean(fake, cache.d_fake, [](float) { return 1.0f; });
    return 1;
  }
  rapt::GanLossGradient<float> discriminator_backward(Cache& cache) const {
    return {cache.d_real, cache.d_fake};
  }
  float generator(Logits, Logits fake, Cache& cache) const {
    rapt::detail::gradient_of_mean(fake, cache.d_fake, [](float) { return -1.0f; });
    return 1;
  }
  Logits generator_backward(Cache& cache) const { return cache.d_fake; }
};
static_assert(rapt::GanLoss<GanLossOfAUser>);
static_assert(!rapt::GanLoss<rapt::BCEWithLogitsLoss<float>>);

}  // namespace

TEST_CASE("Means over logits are summed in double", "[loss][gan_loss]") {
  // In float the sum would stop growing at 2^24.
  rapt::Tensor<float, 2> x({(1 << 24) + 4096, 1});
  x.fill(1);
  CHECK(rapt::detail::mean_over_logits(rapt::TensorView<const float, 2>(x), [](auto v) { return v; }) == 1);
}
