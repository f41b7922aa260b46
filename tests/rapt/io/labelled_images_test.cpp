#include <rapt/io/labelled_images.hpp>

#include "support/catch.hpp"

#include <array>

TEST_CASE("ImageFormat brings pixels to the scale of tanh", "[io][images]") {
  const rapt::ImageFormat format{.height = 8, .width = 4, .classes = 10, .largest = 16};
  CHECK(format.pixels() == 32);
  CHECK(format.scaled(0) == -1);
  CHECK(format.scaled(16) == 1);
  CHECK(format.scaled(8) == 0);
  CHECK(format.scaled(12) == 0.5f);
}

TEST_CASE("LabelledImages gives the images chosen in the order chosen", "[io][images]") {
  const rapt::LabelledImages all{rapt::Tensor<float, 4>({3, 1, 1, 2}, {1, 2, 3, 4, 5, 6}),
                                 rapt::Tensor<rapt::Index, 1>({3}, {7, 8, 9}), 10};
  const std::array<rapt::Index, 3> numbers{2, 0, 2};
  const auto some = all.chosen(numbers);
  CHECK(some.size() == 3);
  CHECK(some.classes == 10);
  CHECK(std::ranges::equal(some.images.view(), std::array{5.f, 6.f, 1.f, 2.f, 5.f, 6.f}));
  CHECK(std::ranges::equal(some.labels.view(), std::array{9, 7, 9}));
  CHECK(all.chosen({}).size() == 0);
}

TEST_CASE("LabelledImages refuses the number of an image that is not there", "[io][images][errors]") {
  const rapt::LabelledImages all{rapt::Tensor<float, 4>({3, 1, 1, 2}), rapt::Tensor<rapt::Index, 1>({3}), 10};
  for (const rapt::Index number : {-1, 3}) {
    const std::array numbers{number};
    CHECK_THROWS_AS(all.chosen(numbers), std::out_of_range);
  }
}
