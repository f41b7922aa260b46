#include <rapt/kernels/attention_exact.hpp>

#include "rapt/kernels/attention_reference.hpp"
#include "support/catch.hpp"

TEST_CASE("Attention number by number agrees with its definition", "[kernels][attention]") {
  rapt_test::KernelAttentionData<double> data({2, 4, 2, 9, 12, 5, 3}, 2);
  data.before = 6;
  data.pad(0.2);
  data.ignore(0.2);
  data.add_bias(0.2);
  data.add_slopes();
  data.dropout = 0.3;
  const rapt_test::AttentionReference<double> reference(data);
  const auto p = data.problem();
  rapt_test::AttentionResults<double> r;
  const auto y = data.heads(r.y, 9, 12);
  r.normaliser.resize(2 * 2 * 4 * 9);
  for (const rapt::Index b : {0, 1}) {
    for (const rapt::Index h : {0, 1, 2, 3}) {
      rapt::detail::exact_forward(p, b, h, 0, 5, y, r.normaliser.data());
      rapt::detail::exact_forward(p, b, h, 5, 4, y, r.normaliser.data());
    }
  }
  CHECK(rapt_test::largest_difference(r.y, reference.r.y) < 1e-12);
  CHECK(rapt_test::largest_difference(r.log_sum_exp(), reference.r.log_sum_exp()) < 1e-12);
  const auto d_query = data.heads(r.d_query, 9, 20), d_key = data.heads(r.d_key, 12, 10),
             d_value = data.heads(r.d_value, 12, 6);
  for (const rapt::Index b : {0, 1}) {
    for (const rapt::Index head : {0, 1}) {
      rapt::detail::exact_backward<double>(p, b, head, 0, 12, {y.data, y.batch, y.row}, r.normaliser.data(),
                                           {data.dy.data(), 9 * 14, 14}, d_query, d_key, d_value);
    }
  }
  CHECK(rapt_test::largest_difference(r.d_query, reference.r.d_query) < 1e-12);
  CHECK(rapt_test::largest_difference(r.d_key, reference.r.d_key) < 1e-12);
  CHECK(rapt_test::largest_difference(r.d_value, reference.r.d_value) < 1e-12);
}
