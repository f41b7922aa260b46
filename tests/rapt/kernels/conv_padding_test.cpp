#include <rapt/kernels/conv_padding.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#define RAPT_BODY "support/conv_padding_probe.inl"
#include <rapt/kernels/body/for_each_width.inl>

using rapt::Index;
using rapt::Simd;
using rapt::detail::CorrelationAxis;
using rapt::detail::PaddedImages;

namespace {

struct PaddingCase {
  Index images, channels;
  CorrelationAxis height, width;
};

// How often what a tap reads in the copy is not what it stands for: the image's number, or 0 outside of it.
template <class T>
int wrong_reads(const PaddingCase& c, Simd simd, Index row, Index rows) {
  rapt::RandomStream stream(4);
  // No byte beyond: an address sanitizer sees what is read too much.
  std::vector<T> x(static_cast<std::size_t>(c.images * c.channels * c.height.in * c.width.in));
  for (T& number : x) number = rapt::normal<T>(stream);
  PaddedImages<T> t{.height = rapt::detail::part_of_axis(c.height, row, rows),
                    .width = c.width,
                    .columns = c.width.span(c.width.out),
                    .images = c.images,
                    .channels = c.channels,
                    .x = x.data(),
                    .x_image = c.channels * c.height.in * c.width.in};
  std::vector<T> copy(static_cast<std::size_t>(t.size()), std::numeric_limits<T>::quiet_NaN());
  t.copy = copy.data();
  RAPT_KERNEL_FOR(simd, probe_pad_images<T>)(t);
  int wrong = 0;
  const auto number = [&](Index plane, Index h, Index w) {
    const bool outside = h < 0 || h >= c.height.in || w < 0 || w >= c.width.in;
    return outside ? T(0) : x[static_cast<std::size_t>((plane * c.height.in + h) * c.width.in + w)];
  };
  for (Index plane = 0; plane < c.images * c.channels; ++plane) {
    for (Index o = 0; o < rows; ++o) {
      for (Index i = 0; i < c.height.taps; ++i) {
        const Index line = o * c.height.stride + i * c.height.dilation;
        for (Index p = 0; p < c.width.out; ++p) {
          for (Index j = 0; j < c.width.taps; ++j) {
            const Index column = j * c.width.dilation, stride = c.width.stride;
            const Index at =
                plane * t.channel + line * t.row + column % stride * t.line + column / stride + p;
            const T expected = number(plane, line + row * c.height.stride + c.height.first,
                                      p * stride + column + c.width.first);
            if (copy[static_cast<std::size_t>(at)] != expected) ++wrong;
          }
        }
      }
    }
  }
  return wrong;
}

const PaddingCase padding_cases[] = {
    {2, 3, {6, 6, 3, 1, 1, -1, 6}, {7, 7, 3, 1, 1, -1, 7}},
    {2, 3, {6, 2, 3, 2, 1, 0, 2}, {7, 3, 3, 2, 1, 0, 3}},
    {2, 3, {40, 20, 4, 2, 1, -1, 20}, {37, 19, 5, 2, 1, -2, 19}},
    {2, 3, {8, 4, 4, 2, 1, -1, 4}, {33, 16, 4, 2, 1, -1, 16}},
    {1, 2, {9, 5, 3, 2, 1, -3, 5}, {9, 5, 3, 2, 1, -3, 5}},
    {1, 2, {9, 3, 3, 2, 1, 2, 3}, {19, 8, 3, 2, 1, 2, 8}},
    {1, 2, {30, 10, 3, 3, 2, -1, 10}, {70, 14, 3, 5, 3, -3, 14}},
    {3, 1, {4, 9, 2, 1, 1, -5, 9}, {4, 9, 2, 1, 1, -5, 9}},
    {3, 1, {1, 2, 1, 1, 1, -1, 2}, {1, 4, 2, 2, 1, -3, 4}},
    {2, 2, {5, 2, 1, 3, 1, 0, 2}, {33, 5, 1, 8, 1, 0, 5}},
};

}  // namespace

TEMPLATE_TEST_CASE("A copy of images has every number where a tap reads it and zeros around",
                   "[kernels][conv]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (std::size_t i = 0; i < std::size(padding_cases); ++i) {
      INFO(rapt::simd_name(simd) << ", case " << i);
      const Index rows = padding_cases[i].height.out;
      CHECK(wrong_reads<TestType>(padding_cases[i], simd, 0, rows) == 0);
      CHECK(wrong_reads<TestType>(padding_cases[i], simd, rows / 2, rows - rows / 2) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("Every second lane and lanes in turn undo each other", "[kernels][conv]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    const Index lanes = RAPT_KERNEL_FOR(simd, probe_pair_lanes<TestType>)();
    const auto size = static_cast<std::size_t>(2 * lanes);
    std::vector<TestType> list(size), even_odd(size), mixed(size), expected(size);
    for (std::size_t i = 0; i < size; ++i) {
      list[i] = static_cast<TestType>(i);
      expected[i] = static_cast<TestType>(i < size / 2 ? 2 * i : 2 * i + 1 - size);
    }
    RAPT_KERNEL_FOR(simd, probe_pairs<TestType>)(list.data(), even_odd.data(), mixed.data());
    INFO(rapt::simd_name(simd));
    CHECK(even_odd == (lanes == 1 ? list : expected));
    std::vector<TestType> back(size);
    RAPT_KERNEL_FOR(simd, probe_pairs<TestType>)(mixed.data(), back.data(), even_odd.data());
    CHECK(back == list);
  }
}

TEST_CASE("Blocks of images cover every output once", "[kernels][conv]") {
  for (const Index batch : {0, 1, 2, 7, 64}) {
    for (const Index height : {1, 2, 5, 16, 33}) {
      for (const Index width : {1, 4, 31, 300}) {
        const rapt::detail::ImageBlocks blocks(batch, height, width, 256);
        INFO(batch << " x " << height << " x " << width);
        std::vector<int> seen(static_cast<std::size_t>(batch * height), 0);
        for (Index block = 0; block < blocks.count; ++block) {
          const Index image = block / blocks.down * blocks.images, row = block % blocks.down * blocks.rows;
          for (Index n = image; n < std::min(image + blocks.images, batch); ++n) {
            for (Index r = row; r < std::min(row + blocks.rows, height); ++r)
              ++seen[static_cast<std::size_t>(n * height + r)];
          }
        }
        CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
        CHECK((blocks.images == 1 || blocks.rows == height));
        CHECK((blocks.images * blocks.rows * width <= 256 || (blocks.images == 1 && blocks.rows == 1)));
      }
    }
  }
}
