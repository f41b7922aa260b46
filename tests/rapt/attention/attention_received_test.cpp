#include <rapt/attention/attention_received.hpp>

#include <rapt/attention/self_attention_2d.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

TEST_CASE("The attention that positions receive by hand", "[attention][image]") {
  const rapt::Tensor<double, 3> weights({1, 2, 4}, {0.1, 0.2, 0.3, 0.4, 0, 1, 0, 0});
  rapt::Tensor<double, 4> map({1, 1, 2, 2});
  rapt::attention_received<double>(weights, map.view());
  CHECK(map(0, 0, 0, 0) == Catch::Approx(0.1));
  CHECK(map(0, 0, 0, 1) == Catch::Approx(1.2));
  CHECK(map(0, 0, 1, 0) == Catch::Approx(0.3));
  CHECK(map(0, 0, 1, 1) == Catch::Approx(0.4));
}

TEST_CASE("The attention that positions receive is 1 on average", "[attention][image]") {
  rapt_test::Draw draw(1);
  const rapt::SelfAttention2d<double> layer(8, draw.values);
  const auto x = draw.normal<double, 4>({3, 8, 4, 5});
  rapt::SelfAttention2d<double>::Cache cache;
  cache.need_weights = rapt::NeedWeights::averaged;
  layer.forward(x, cache);
  rapt::Tensor<double, 4> map({3, 1, 4, 5});
  rapt::attention_received<double>(cache.weights(), map.view());
  for (rapt::Index b = 0; b < 3; ++b) CHECK(map[b].array().sum() == Catch::Approx(20).epsilon(1e-12));
}

TEST_CASE("A map that does not fit its image is refused", "[attention][image][errors]") {
  const rapt::Tensor<float, 3> weights({2, 6, 6});
  rapt::Tensor<float, 4> map({2, 1, 2, 2}), two({2, 2, 2, 3});
  using rapt_test::attention_error;
  CHECK(attention_error([&] { rapt::attention_received<float>(weights, map.view()); }) ==
        "attention_received: weights has shape (2, 6, 6), expected (*, *, 4)");
  CHECK(attention_error([&] { rapt::attention_received<float>(weights, two.view()); }) ==
        "attention_received: map has shape (2, 2, 2, 3), expected (2, 1, 2, 3)");
}
