#include <rapt/io/idx.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <string>

namespace {

std::string idx_number(rapt::Index value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string idx_file(const std::vector<rapt::Index>& shape, const std::string& values) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const auto extent : shape) bytes += idx_number(extent);
  return bytes + values;
}

// Two images of 2 x 3 pixels, of the classes 1 and 0.
const std::string idx_images_file =
    idx_file({2, 2, 3}, std::string("\0\x0f\x1e\x2d\x3c\x4b\5\6\7\x8\x9\xff", 12));
const std::string idx_labels_file = idx_file({2}, std::string("\1\0", 2));
const rapt::ImageFormat idx_format{.height = 2, .width = 3, .classes = 2};

// What follows the path in the message.
template <class F>
std::string idx_message(const std::string& path, F f) {
  try {
    f();
  } catch (const rapt::FormatError& error) {
    const std::string what = error.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "no error";
}

struct IdxPair {
  rapt_test::TemporaryFolder folder;
  std::string images = folder.write("images", idx_images_file);
  std::string labels = folder.write("labels", idx_labels_file);

  std::string images_message(const std::string& bytes, const rapt::ImageFormat& format = idx_format) {
    folder.write("images", bytes);
    return idx_message(images, [&] { rapt::read_idx_images(images, labels, format); });
  }
  std::string labels_message(const std::string& bytes) {
    folder.write("labels", bytes);
    return idx_message(labels, [&] { rapt::read_idx_images(images, labels, idx_format); });
  }
};

}  // namespace

TEST_CASE("read_idx gives shape and bytes", "[io][idx]") {
  const rapt_test::TemporaryFolder folder;
  const auto array = rapt::read_idx(folder.write("a", idx_images_file));
  CHECK(array.shape == std::vector<rapt::Index>{2, 2, 3});
  CHECK(array.header() == 16);
  CHECK(array[1] == 15);
  CHECK(array[11] == 255);
  CHECK(rapt::read_idx(folder.write("b", idx_file({0, 5}, ""))).values.empty());
}

TEST_CASE("read_idx_images gives scaled pixels and labels", "[io][idx][images]") {
  const IdxPair files;
  const auto read = rapt::read_idx_images(files.images, files.labels, idx_format);
  CHECK(read.images.shape() == rapt::Shape<4>{2, 1, 2, 3});
  CHECK(read.images(0, 0, 0, 0) == -1);
  CHECK(read.images(0, 0, 1, 2) == 2 * 75.f / 255 - 1);
  CHECK(read.images(1, 0, 1, 2) == 1);
  CHECK(read.labels(0) == 1);
  CHECK(read.labels(1) == 0);
  CHECK(read.classes == 2);
}

#if defined(RAPT_HAS_ZLIB) && RAPT_HAS_ZLIB
TEST_CASE("read_idx unpacks gzip data and counts offsets in the unpacked bytes", "[io][idx]") {
  const std::string labels = idx_file({2}, std::string("\1\7", 2));
  std::string packed(200, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(labels.data()));
  stream.avail_in = static_cast<uInt>(labels.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  IdxPair files;
  CHECK(files.labels_message(packed) == ": byte 9: label is 7, expected 0 to 1");
  CHECK(rapt::read_idx(files.labels)[1] == 7);
}
#endif

TEST_CASE("read_idx refuses a file cut off at any byte", "[io][idx][errors]") {
  IdxPair files;
  for (std::size_t length = 0; length < idx_images_file.size(); ++length) {
    const std::string at = ": byte " + std::to_string(length) + ": file ends ";
    const std::string where = length < 4 ? "in the magic number: it is cut off"
                              : length < 16
                                  ? "in the shape: it is cut off"
                                  : "after " + std::to_string(length - 16) + " of 12 elements: it is cut off";
    CHECK(files.images_message(idx_images_file.substr(0, length)) == at + where);
  }
}

TEST_CASE("read_idx refuses bytes after the last element", "[io][idx][errors]") {
  IdxPair files;
  CHECK(files.images_message(idx_images_file + "xy") == ": byte 28: 2 bytes follow the last of 12 elements");
}

TEST_CASE("read_idx refuses a wrong magic number and other element types", "[io][idx][errors]") {
  IdxPair files;
  CHECK(files.images_message("\x89PNG and more") ==
        ": byte 0: magic number is 0x89504e47, expected 0x0000TTRR: not an IDX file");
  CHECK(files.images_message(std::string("\0\0\x08\0", 4)) ==
        ": byte 0: magic number is 0x00000800, expected 0x0000TTRR: not an IDX file");
  std::string floats = idx_images_file;
  floats[2] = '\x0d';
  CHECK(files.images_message(floats) == ": byte 2: elements are of type 0x0d, expected 0x08: unsigned bytes");
}

TEST_CASE("read_idx refuses shapes beyond all memory before it takes any", "[io][idx][errors]") {
  IdxPair files;
  const rapt::Index most = 0xffffffff;
  CHECK(files.images_message(idx_file({most, most, most}, "")) == ": byte 8: the shape does not fit 64 bits");
  CHECK(files.images_message(idx_file({most, 28, 28}, "abc")) ==
        ": byte 19: file ends after 3 of 3367254359280 elements: it is cut off");
}

TEST_CASE("read_idx_images refuses images of another size and arrays of other ranks", "[io][idx][errors]") {
  IdxPair files;
  CHECK(files.images_message(idx_file({1, 3, 2}, "abcdef")) ==
        ": byte 8: images are 3 x 2 pixels, expected 2 x 3");
  CHECK(files.images_message(idx_labels_file) ==
        ": byte 3: array has 1 axes, expected 3 for images (N, H, W)");
  files.folder.write("images", idx_images_file);
  CHECK(files.labels_message(idx_images_file) == ": byte 3: array has 3 axes, expected 1 for labels (N)");
}

TEST_CASE("read_idx_images refuses pixels and labels out of range with their offset", "[io][idx][errors]") {
  IdxPair files;
  CHECK(files.images_message(idx_images_file, {.height = 2, .width = 3, .classes = 2, .largest = 100}) ==
        ": byte 27: pixel is 255, expected 0 to 100");
  files.folder.write("images", idx_images_file);
  CHECK(files.labels_message(idx_file({2}, "\1\2")) == ": byte 9: label is 2, expected 0 to 1");
}

TEST_CASE("read_idx_images refuses another number of labels than of images", "[io][idx][errors]") {
  IdxPair files;
  CHECK(files.labels_message(idx_file({3}, std::string("\1\0\1", 3))) ==
        ": byte 4: holds 3 labels, expected 2 as there are images in " + files.images);
  CHECK(files.labels_message(idx_file({1}, "\1")) ==
        ": byte 4: holds 1 labels, expected 2 as there are images in " + files.images);
}

TEST_CASE("read_idx_images refuses a format without pixels or classes", "[io][idx][errors]") {
  const IdxPair files;
  CHECK_THROWS_WITH(rapt::read_idx_images(files.images, files.labels, {.height = 0}),
                    "read_idx_images: height is 0, expected at least 1");
  CHECK_THROWS_WITH(rapt::read_idx_images(files.images, files.labels, {.classes = -1}),
                    "read_idx_images: classes is -1, expected at least 1");
}
