#include <rapt/attention/image_positions.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

TEST_CASE("Positions of an image become rows and rows an image", "[attention][image]") {
  for (const rapt::Index rows : {0, 1, 3, 16, 17, 40}) {
    for (const rapt::Index columns : {0, 1, 5, 16, 33}) {
      rapt_test::Draw draw(1);
      const auto x = draw.normal<double, 3>({2, rows, columns});
      rapt::Tensor<double, 3> turned({2, columns, rows}), back({2, rows, columns});
      rapt::detail::transpose_each(2, rows, columns, turned.data(),
                                   [&](rapt::Index from, rapt::Index) { return x.data()[from]; });
      bool right = true;
      for (rapt::Index b = 0; b < 2; ++b)
        for (rapt::Index r = 0; r < rows; ++r)
          for (rapt::Index c = 0; c < columns; ++c) right = right && turned(b, c, r) == x(b, r, c);
      CHECK(right);
      // The second index is that of the result: back(to) = x(to) + turned(from) = 2 x.
      rapt::detail::transpose_each(2, columns, rows, back.data(), [&](rapt::Index from, rapt::Index to) {
        return x.data()[to] + turned.data()[from];
      });
      for (rapt::Index i = 0; i < x.size(); ++i) right = right && back.data()[i] == 2 * x.data()[i];
      CHECK(right);
    }
  }
}
