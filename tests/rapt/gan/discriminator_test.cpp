#include <rapt/gan/discriminator.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <string>

namespace {

template <class T>
struct DiscriminatorSample {
  explicit DiscriminatorSample(rapt_test::Draw& draw)
      : layer({draw.positive(), draw.positive(), draw.positive()}, draw.values),
        x(draw.normal<T, 2>({draw.size(), layer.net.in()}, 2)) {}
  rapt::Discriminator<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

template <class T>
struct ConditionalDiscriminatorSample {
  explicit ConditionalDiscriminatorSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.size(), draw.positive()}, 2)),
        condition(draw.normal<T, 2>({x.extent(0), draw.positive()}, 2)),
        layer(rapt::Discriminator<T>({x.extent(1) + condition.extent(1), draw.positive()}, draw.values)) {}
  rapt::Tensor<T, 2> x, condition;
  rapt::ConditionalDiscriminator<T> layer;
  rapt::ConditionalInput<T> input() const { return {x, condition}; }
};

}  // namespace

RAPT_TEST_LAYER("Discriminator", DiscriminatorSample, "[gan][discriminator]")
RAPT_TEST_TANGENT("Discriminator", DiscriminatorSample, "[gan][discriminator]")
RAPT_TEST_LAYER("ConditionalDiscriminator", ConditionalDiscriminatorSample, "[gan][discriminator]")
RAPT_TEST_TANGENT("ConditionalDiscriminator", ConditionalDiscriminatorSample, "[gan][discriminator]")

TEST_CASE("Discriminator gives one logit a sample and not a probability", "[gan][discriminator]") {
  rapt::RandomStream stream(1);
  rapt::Discriminator<float> d({3, 8}, stream);
  rapt_test::Draw draw(1);
  const auto x = draw.normal<float, 2>({7, 3});
  CHECK(predict(d, x).shape() == rapt::Shape<2>{7, 1});
  d.net.linear[1].bias(0) = -100;
  for (const float logit : predict(d, x)) CHECK(logit < -50);
}

TEST_CASE("Discriminator lets a fifth through where it is negative", "[gan][discriminator]") {
  rapt::RandomStream stream(1);
  rapt::Discriminator<double> d({1, 1}, stream);
  d.net.linear[0].weight(0, 0) = 1;
  d.net.linear[0].bias(0) = 0;
  d.net.linear[1].weight(0, 0) = 3;
  d.net.linear[1].bias(0) = 1;
  const rapt::Tensor<double, 2> x({2, 1}, {5, -5});
  const auto logit = predict(d, x);
  CHECK(logit(0, 0) == 16);
  CHECK(logit(1, 0) == Catch::Approx(-2));
}

TEST_CASE("Discriminator without widths is refused", "[gan][discriminator][errors]") {
  rapt::RandomStream stream(1);
  CHECK_THROWS_MATCHES(rapt::Discriminator<float>({}, stream), std::invalid_argument,
                       Catch::Matchers::Message("Mlp: 1 widths, expected at least 2"));
}
