#include <rapt/core/touched_rows.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <vector>

namespace {

std::vector<rapt::Index> touched_list(const rapt::TouchedRows& touched) {
  return {touched.rows().begin(), touched.rows().end()};
}

}  // namespace

TEST_CASE("TouchedRows lists each row once in the order of first touch", "[core][touched_rows]") {
  rapt::TouchedRows touched;
  for (const rapt::Index row : {4, 1, 4, 0, 1}) touched.mark(row, 5);
  CHECK(touched_list(touched) == std::vector<rapt::Index>{4, 1, 0});
  touched.clear();
  CHECK(touched.rows().empty());
  touched.mark(1, 5);
  touched.mark(8, 9);  // the table has grown
  touched.mark(1, 9);
  CHECK(touched_list(touched) == std::vector<rapt::Index>{1, 8});
}

TEST_CASE("TouchedRows allocates at the first mark only and so does a copy",
          "[core][touched_rows][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  rapt::TouchedRows touched;
  touched.mark(0, 100);
  auto copy = touched;
  copy.mark(1, 100);
  const long before = rapt_test::allocation_count();
  for (rapt::Index row = 0; row < 100; ++row) {
    touched.mark(row, 100);
    copy.mark(row, 100);
  }
  CHECK(rapt_test::allocation_count() == before);
  CHECK(copy.rows().size() == 100);
}
