#pragma once
// Attention of this library as the report measures it: without projections, on (B, L, H * D) with the heads
// side by side. The one place to change when the library calls it differently.

#include <rapt/attention/dot_products.hpp>

namespace rapt_bench {

struct AttentionCase {
  rapt::AttentionInput<float> x;
  rapt::TensorView<const float, 3> d_context;
  rapt::Index heads;
  rapt::AttentionCache<float> cache{};

  float scale() const { return rapt::detail::attention_scale<float>(x.query.extent(2) / heads); }
  void forward() { rapt::detail::dot_attention<float>(x, heads, scale(), {}, cache); }
  void backward() { rapt::detail::dot_attention_backward<float>(d_context, x, heads, scale(), cache); }

  rapt::TensorView<const float, 3> context() const { return cache.context; }
  rapt::TensorView<const float, 3> d_query() const { return cache.d_query; }
  rapt::TensorView<const float, 3> d_key() const { return cache.d_key; }
  rapt::TensorView<const float, 3> d_value() const { return cache.d_value; }
};

}  // namespace rapt_bench
