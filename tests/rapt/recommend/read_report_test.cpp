#include <rapt/recommend/read_report.hpp>

#include "support/catch.hpp"

TEST_CASE("ReadReport prints its counts in one line", "[recommend][read_report]") {
  rapt::ReadReport report;
  report.lines = 114962;
  report.kept = 114956;
  report.merged = 4;
  report.rejected = 2;
  CHECK(to_string(report) == "read 114962 lines: 114956 kept, 4 merged, 2 rejected");
  report.header_line = 1;
  report.ignored_columns = 2;
  report.blank = 3;
  report.comments = 4;
  report.first_rejected = {{17, "no user"}};
  CHECK(to_string(report) ==
        "read 114962 lines: 114956 kept, 4 merged, 2 rejected; header on line 1; 2 columns ignored; 3 blank "
        "lines; "
        "4 comment lines; rejected line 17: no user; and more");
}
