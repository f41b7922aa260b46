#include <rapt/recommend/reader.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"

#include <clocale>
#include <string>
#include <vector>

namespace {

rapt::InteractionData read_text(const std::string& text, rapt::ReadOptions options = {}) {
  rapt::InteractionReader reader(options);
  reader.add_bytes("data.txt", text);
  return reader.finish();
}

std::string read_error(const std::string& text, rapt::ReadOptions options = {}) {
  try {
    read_text(text, options);
  } catch (const rapt::FormatError& error) {
    return error.what();
  }
  return "no error";
}

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

}  // namespace

TEST_CASE("InteractionReader reads pairs with ratings and times and reports every line",
          "[recommend][reader]") {
  const auto data = read_text("0 3 4.5 100\n2 1 3 50\n0 3 5 200\n0 1 nan 7\n");
  REQUIRE(data.parts.size() == 1);
  const auto& x = data.parts[0];
  CHECK(x.users() == 2);
  CHECK(x.items() == 2);
  CHECK(x.ratings_of(0)[0] == 5);
  CHECK(x.times_of(0)[0] == 200);
  CHECK_THAT(to_string(data.reports[0]), StartsWith("read 4 lines: 2 kept, 1 merged, 1 rejected"));
  CHECK(data.reports[0].first_rejected.at(0).line == 4);
}

TEST_CASE("InteractionReader takes any separator and line ending and a byte order mark alike",
          "[recommend][reader]") {
  const auto expected = read_text("u1\ti1\t4\nu2\ti2\t5\n");
  for (const std::string text :
       {"\xEF\xBB\xBFu1\ti1\t4\nu2\ti2\t5", "u1,i1,4\r\nu2,i2,5\r\n", "u1::i1::4\ru2::i2::5\r",
        "u1;i1;4\n\nu2;i2;5\n", "u1   i1  4  \n\n  u2 i2 5", "user,item,rating\nu1,i1,4\nu2,i2,5\n",
        "\"u1\",\"i1\",4\n\"u2\",\"i2\",\"5\"\n"}) {
    const auto data = read_text(text);
    CHECK(data.users.names() == expected.users.names());
    CHECK(data.items.names() == expected.items.names());
    CHECK(data.parts[0].pairs() == expected.parts[0].pairs());
  }
}

TEST_CASE("InteractionReader gives several files one common map of ids", "[recommend][reader]") {
  rapt::InteractionReader reader;
  reader.add_bytes("train", "10 5\n2 7\n");
  reader.add_bytes("test", "3 900\n10 7\n");
  const auto data = reader.finish();
  CHECK(data.users.names() == std::vector<std::string>{"2", "3", "10"});
  CHECK(data.items.names() == std::vector<std::string>{"5", "7", "900"});
  CHECK(data.parts[0].items() == 3);
  CHECK(data.parts[0].contains(2, 0));
  CHECK(data.parts[1].contains(1, 2));
  CHECK(data.parts[1].items_of(0).empty());
}

TEST_CASE("InteractionReader calls a file without interactions an error", "[recommend][reader]") {
  for (const char* text : {"", "\n\n", "\xEF\xBB\xBF", "# only a comment\n", "user\titem\trating\n"}) {
    CHECK_THAT(read_error(text), ContainsSubstring("data.txt") && ContainsSubstring("no interactions"));
  }
  CHECK_THAT(read_error("1 2 x\n3 4 NaN\n"),
             ContainsSubstring("no interactions") && ContainsSubstring("2 rejected"));
}

TEST_CASE("InteractionReader finds headers by name and by a column that is numeric from line 2 on",
          "[recommend][reader]") {
  const auto named = read_text("Rating,ITEM,Title,User\n4,tea,\"Tea, green\",ann\n");
  CHECK(named.reports[0].header_line == 1);
  CHECK(named.reports[0].ignored_columns == 1);
  CHECK(named.users.names() == std::vector<std::string>{"ann"});
  CHECK(named.parts[0].ratings_of(0)[0] == 4);

  const auto guessed = read_text("wer\twas\twie\nann\ttea\t4\nbob\ttea\t5\n");
  CHECK(guessed.reports[0].header_line == 1);
  CHECK(guessed.parts[0].size() == 2);

  const auto none = read_text("ann\ttea\nbob\tmilk\n");
  CHECK(none.reports[0].header_line == 0);
  CHECK(none.parts[0].size() == 2);
  rapt::ReadOptions options;
  options.header = rapt::Header::present;
  CHECK(read_text("ann\ttea\nbob\tmilk\n", options).parts[0].size() == 1);
  options.header = rapt::Header::absent;
  CHECK(read_text("user\titem\nbob\tmilk\n", options).parts[0].size() == 2);
}

TEST_CASE("InteractionReader names line and counts where columns are missing or too many",
          "[recommend][reader]") {
  CHECK_THAT(read_error("1 2 3\n1 2\n"), StartsWith("data.txt:2: 2 columns, expected 3"));
  CHECK_THAT(read_error("u\ti\nv\n"), StartsWith("data.txt:2: 1 column, expected 2"));
  CHECK_THAT(read_error("1 2\n3 4\n5 6 7 8\n"), StartsWith("data.txt:3: 4 columns, expected 2"));
  CHECK_THAT(read_error("1 2 3 4 5\n"), StartsWith("data.txt:1: 5 columns"));
  CHECK_THAT(read_error("1|2\n3|4\n"), StartsWith("data.txt:1: has 1 column") && ContainsSubstring("'|'"));
  rapt::ReadOptions tab;
  tab.separator = rapt::Separator::tab;
  CHECK_THAT(read_error("1,2\n", tab), ContainsSubstring("comma"));
}

TEST_CASE("InteractionReader rejects and counts ratings that are no finite numbers", "[recommend][reader]") {
  const auto data = read_text(
      "a\t1\tNaN\na\t2\tinf\na\t3\t-0\na\t4\t1e-400\na\t5\t1e400\na\t6\t0x1p3\na\t7\t1,5\na\t8\t5 "
      "stars\na\t9\t\n"
      "a\t10\t3.5e0\na\t11\t+4\na\t12\t1e-310\n\t13\t1\n");
  CHECK(data.reports[0].lines == 13);
  CHECK(data.reports[0].kept == 4);
  CHECK(data.reports[0].rejected == 9);
  CHECK(data.reports[0].first_rejected.size() == 5);
  CHECK_THAT(data.reports[0].first_rejected[0].reason, ContainsSubstring("'NaN'"));
  CHECK(data.parts[0].items() == 4);  // nothing of a rejected line is kept
}

TEST_CASE("InteractionReader takes numbers and dates as times and calls anything else an error",
          "[recommend][reader]") {
  const auto data = read_text("a,x,1,2001-01-31\na,y,1,1999-12-31T23:00:00Z\n");
  CHECK(data.parts[0].times_of(0)[0] == 980899200);
  CHECK(data.parts[0].times_of(0)[1] == 946681200);
  CHECK_THAT(read_error("1 2 3 4\n1 3 3 soon\n"), StartsWith("data.txt:2: time is 'soon'"));
  CHECK_THAT(read_error("1,2,3,4\n1,3,3,2001-01-31\n"), ContainsSubstring("whole numbers"));
}

TEST_CASE("InteractionReader keeps ids as bytes whatever they hold", "[recommend][reader]") {
  const std::string nul("u\0x", 3), odd = "b\xFF\xC0\xAF", huge = "123456789012345678901234567890",
                                    longest(10'000, 'n');
  const auto data = read_text("007\t" + nul + "\n7\t" + odd + "\n-1\t" + huge + "\n1.0\t" + longest +
                              "\nan na\t\xF0\x9F\x8D\x9E\n");
  CHECK(data.users.names() == std::vector<std::string>{"007", "7", "-1", "1.0", "an na"});
  CHECK(data.items.names() == std::vector<std::string>{nul, odd, huge, longest, "\xF0\x9F\x8D\x9E"});
  CHECK(data.parts[0].size() == 5);
}

TEST_CASE("InteractionReader says what a file is that is no text and bounds a line", "[recommend][reader]") {
  CHECK_THAT(read_error(std::string("\x1F\x8B\x08\0", 4)), ContainsSubstring("gzip"));
  CHECK_THAT(read_error(std::string("\xFF\xFE"
                                    "1\0 \0002\0",
                                    8)),
             ContainsSubstring("UTF-16"));
  rapt::ReadOptions options;
  options.limits.line = 100;
  CHECK_THAT(read_error("1 2\n3 4\n" + std::string(200, '5'), options),
             StartsWith("data.txt:3: line is longer"));
  CHECK_THAT(read_error("1,2\n3,4\n5,\"6\n"), StartsWith("data.txt:3: a quoted field is not closed"));
}

TEST_CASE("InteractionReader reads the same numbers in a locale with decimal commas", "[recommend][reader]") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const char* comma = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (comma == nullptr) RAPT_SKIP("the locale de_DE.UTF-8 is not installed");
  const auto data = read_text("1 2 3.5\n");
  std::setlocale(LC_ALL, before.c_str());
  CHECK(data.parts[0].ratings_of(0)[0] == 3.5);
}

TEST_CASE("InteractionReader adds up: kept and merged and rejected are all lines", "[recommend][reader]") {
  rapt::RandomStream stream(11);
  for (int round = 0; round < 100; ++round) {
    std::string text = "0 0 1\n";
    const rapt::Index lines = uniform_index(stream, 40);
    for (rapt::Index k = 0; k < lines; ++k) {
      const bool bad = uniform_index(stream, 4) == 0;
      text += std::to_string(uniform_index(stream, 4)) + " " + std::to_string(uniform_index(stream, 4)) +
              (bad ? " x\n" : " 2\n") + (uniform_index(stream, 5) == 0 ? "\n" : "");
    }
    const auto report = read_text(text).reports[0];
    CHECK(report.lines == lines + 1);
    CHECK(report.kept + report.merged + report.rejected == report.lines);
  }
}
