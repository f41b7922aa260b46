#include <rapt/io/model_file.hpp>

#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <limits>
#include <string>

using rapt::field;
using rapt::Tensor;

namespace {

struct ModelFileNorm {
  Tensor<float, 1> weight{{2}, {1, 2}};
  Tensor<float, 1> running_mean{{2}, {3, 4}};
  static constexpr auto parameters = std::tuple{field("weight", &ModelFileNorm::weight)};
  static constexpr auto buffers = std::tuple{field("running_mean", &ModelFileNorm::running_mean)};
};
struct ModelFileModel {
  rapt::Linear<float> fc, head;
  ModelFileNorm norm;
  static constexpr auto parameters =
      std::tuple{field("fc", &ModelFileModel::fc), field("head", &ModelFileModel::head),
                 field("norm", &ModelFileModel::norm)};
  explicit ModelFileModel(std::uint64_t seed) {
    rapt::RandomStream stream(seed);
    fc = {3, 2, stream};
    head = {2, 1, stream, rapt::Bias::no};
    norm.running_mean(0) = static_cast<float>(seed);
  }
};

bool model_file_same(const ModelFileModel& a, const ModelFileModel& b) {
  bool same = a.norm.running_mean.view().array().isApprox(b.norm.running_mean.view().array());
  rapt::zip_parameters([&](auto& p, auto& q) { same = same && std::equal(p.begin(), p.end(), q.begin()); }, a,
                       b);
  return same;
}
// What loading the tensors that `put` has written says; the model must stay as it was.
template <class Put>
std::string model_file_fault(Put put, rapt::LoadOptions options = {}) {
  rapt::SafetensorsWriter writer;
  put(writer);
  const auto file = rapt::SafetensorsFile::from_bytes(writer.bytes(), "f");
  ModelFileModel model(1);
  try {
    get_model(file, "", model, options);
  } catch (const rapt::FormatError& error) {
    CHECK(model_file_same(model, ModelFileModel(1)));
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("A saved model is loaded bit for bit with buffers and metadata", "[io][model_file]") {
  const rapt_test::TemporaryFolder folder;
  const ModelFileModel saved(1);
  rapt::save_model(folder / "m", saved, {{"epochs", "7"}});
  ModelFileModel loaded(2);
  CHECK(rapt::load_model(folder / "m", loaded).at("epochs") == "7");
  CHECK(model_file_same(saved, loaded));
  const auto file = rapt::SafetensorsFile::read(folder / "m");
  CHECK(file.names() ==
        std::vector<std::string>{"fc.bias", "fc.weight", "head.weight", "norm.running_mean", "norm.weight"});
}

TEST_CASE("Models under prefixes share a file and load apart", "[io][model_file]") {
  rapt::SafetensorsWriter writer;
  put_model(writer, "generator.", ModelFileModel(1));
  put_model(writer, "critic.", ModelFileModel(2));
  const auto file = rapt::SafetensorsFile::from_bytes(writer.bytes(), "f");
  ModelFileModel generator(3), critic(3);
  get_model(file, "generator.", generator);
  get_model(file, "critic.", critic);
  CHECK(model_file_same(generator, ModelFileModel(1)));
  CHECK(model_file_same(critic, ModelFileModel(2)));
}

TEST_CASE("A model in double reads what one in float saved", "[io][model_file]") {
  rapt::SafetensorsWriter writer;
  rapt::RandomStream stream(1);
  const rapt::Linear<float> saved(3, 2, stream);
  put_model(writer, "", saved);
  rapt::Linear<double> loaded(3, 2, stream);
  get_model(rapt::SafetensorsFile::from_bytes(writer.bytes(), "f"), "", loaded);
  CHECK(loaded.weight(1, 2) == static_cast<double>(saved.weight(1, 2)));
}

TEST_CASE("Tensors that are missing or extra or of another shape or dtype are named",
          "[io][model_file][errors]") {
  const ModelFileModel model(2);
  CHECK(model_file_fault([&](auto& w) { put_model(w, "", model); }) == "nothing was thrown");
  CHECK(model_file_fault([&](auto& w) { put_model(w, "", model.fc); }) == "f: has no tensor 'fc.weight'");
  const auto extra = [&](auto& w) {
    put_model(w, "", model);
    w.put_bytes("ids", "x");
  };
  CHECK(model_file_fault(extra) == "f: tensor 'ids' is not one of the model's");
  CHECK(model_file_fault(extra, {.extra_tensors = true}) == "nothing was thrown");
  auto other = model;
  other.fc.weight = Tensor<float, 2>({2, 4});
  CHECK(model_file_fault([&](auto& w) { put_model(w, "", other); }) ==
        "f: tensor 'fc.weight' has shape (2, 4), expected (2, 3)");
  other.fc.weight = Tensor<float, 2>({3, 2});
  CHECK(model_file_fault([&](auto& w) { put_model(w, "", other); }) ==
        "f: tensor 'fc.weight' has shape (3, 2), expected (2, 3)");
  other = model;
  other.head.bias = Tensor<float, 1>({1});
  CHECK(model_file_fault([&](auto& w) { put_model(w, "", other); }) ==
        "f: tensor 'head.bias' has shape (1), expected (0)");
  CHECK(model_file_fault([&](auto& w) {
          put_model(w, "fc.", model.fc);
          put_model(w, "head.", model.head);
          w.put("norm.weight", Tensor<rapt::Index, 1>({2}));
        }) == "f: tensor 'norm.weight' has dtype I64, expected F32 or F64");
}

TEST_CASE("Numbers that are not finite are refused unless asked for", "[io][model_file][errors]") {
  ModelFileModel model(2);
  model.norm.weight(1) = std::numeric_limits<float>::quiet_NaN();
  const auto put = [&](auto& w) { put_model(w, "", model); };
  CHECK(model_file_fault(put) == "f: tensor 'norm.weight': element 1 is not finite");
  CHECK(model_file_fault(put, {.nonfinite = true}) == "nothing was thrown");
}
