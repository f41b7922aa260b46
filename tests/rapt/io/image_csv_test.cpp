#include <rapt/io/image_csv.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <string>

namespace {

const rapt::ImageFormat csv_format{.height = 2, .width = 2, .classes = 3, .largest = 16};

// What follows the path in the message.
std::string image_csv_message(const std::string& text) {
  const rapt_test::TemporaryFolder folder;
  const std::string path = folder.write("images.csv", text);
  try {
    rapt::read_image_csv(path, csv_format);
  } catch (const rapt::FormatError& error) {
    const std::string what = error.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "no error";
}

}  // namespace

TEST_CASE("read_image_csv gives scaled pixels and labels", "[io][csv][images]") {
  const rapt_test::TemporaryFolder folder;
  const auto path = folder.write("a.csv", "# pixels, label\n0,16,8,4,2\r\n\n1, 2, 3, 4, 0");
  const auto read = rapt::read_image_csv(path, csv_format);
  CHECK(read.images.shape() == rapt::Shape<4>{2, 1, 2, 2});
  CHECK(read.images(0, 0, 0, 0) == -1);
  CHECK(read.images(0, 0, 0, 1) == 1);
  CHECK(read.images(0, 0, 1, 0) == 0);
  CHECK(read.images(0, 0, 1, 1) == -0.5f);
  CHECK(read.images(1, 0, 0, 0) == -0.875f);
  CHECK(read.labels(0) == 2);
  CHECK(read.labels(1) == 0);
  CHECK(read.classes == 3);
  CHECK(rapt::read_image_csv(folder.write("empty.csv", ""), csv_format).size() == 0);
}

TEST_CASE("read_image_csv refuses a text cut off in a line", "[io][csv][errors]") {
  const std::string text = "0,16,8,4,2\n1,2,3,4,0";
  CHECK(image_csv_message(text) == "no error");
  CHECK(image_csv_message(text.substr(0, 16)) ==
        ":2: line has 3 fields, expected 5: 2 x 2 pixels and a label");
  CHECK(image_csv_message(text.substr(0, text.size() - 1)) ==
        ":2: label in field 5 is '', expected a whole number from 0 to 2");
  CHECK(image_csv_message(text.substr(0, text.size() - 2)) ==
        ":2: line has 4 fields, expected 5: 2 x 2 pixels and a label");
}

TEST_CASE("read_image_csv refuses images of another size", "[io][csv][errors]") {
  CHECK(image_csv_message("0,0,0,0,1\n0,0,0,0,0,0,1\n") ==
        ":2: line has 7 fields, expected 5: 2 x 2 pixels and a label");
}

TEST_CASE("read_image_csv refuses pixels and labels that are no numbers in range", "[io][csv][errors]") {
  const std::string pixel = ", expected a whole number from 0 to 16";
  CHECK(image_csv_message("\n0,0,17,0,1\n") == ":2: pixel in field 3 is '17'" + pixel);
  CHECK(image_csv_message("-1,0,1,0,1\n") == ":1: pixel in field 1 is '-1'" + pixel);
  CHECK(image_csv_message("0,1.5,1,0,1\n") == ":1: pixel in field 2 is '1.5'" + pixel);
  CHECK(image_csv_message("0,x,1,0,1\n") == ":1: pixel in field 2 is 'x'" + pixel);
  CHECK(image_csv_message("0,99999999999999999999,1,0,1\n") ==
        ":1: pixel in field 2 is '99999999999999999999'" + pixel);
  CHECK(image_csv_message("0,0,0,0,3\n") ==
        ":1: label in field 5 is '3', expected a whole number from 0 to 2");
  CHECK(image_csv_message("\x89PNG\n") == ":1: line has 1 fields, expected 5: 2 x 2 pixels and a label");
}

TEST_CASE("read_image_csv refuses a missing file and a format without pixels", "[io][csv][errors]") {
  CHECK_THROWS_AS(rapt::read_image_csv("/nowhere/images.csv"), rapt::FormatError);
  CHECK_THROWS_WITH(rapt::read_image_csv("/nowhere/images.csv", {.width = 0}),
                    "read_image_csv: width is 0, expected at least 1");
}
