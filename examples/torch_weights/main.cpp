// Loads the weights of a PyTorch model by their names and predicts what PyTorch predicted.
//
//   torch_weights [FOLDER]      the folder with model.safetensors and expected.safetensors

#include <rapt/core/summary.hpp>
#include <rapt/io/model_file.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/testing/golden.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace {

int run(const std::string& folder) {
  // torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
  using rapt::Linear;
  rapt::RandomStream stream(0);
  rapt::Sequential model(Linear<float>(4, 8, stream), rapt::ReLU<float>(), Linear<float>(8, 3, stream));
  rapt::load_model(folder + "/model.safetensors", model);
  std::printf("%s\n", rapt::summary(model).c_str());

  const auto expected = rapt::SafetensorsFile::read(folder + "/expected.safetensors");
  const auto x = expected.tensor<float, 2>("x"), y = expected.tensor<float, 2>("y");
  const auto mine = rapt::predict(model, x);
  for (rapt::Index i = 0; i < y.extent(0); ++i) {
    std::printf("PyTorch %9.6f %9.6f %9.6f   rapt %9.6f %9.6f %9.6f\n", y(i, 0), y(i, 1), y(i, 2), mine(i, 0),
                mine(i, 1), mine(i, 2));
  }
  const double difference = rapt::testing::largest_difference(mine, y);
  std::printf("largest difference %.1e\n", difference);
  return difference < 1e-5 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : ".");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "torch_weights: error: %s\n", error.what());
    return 1;
  }
}
