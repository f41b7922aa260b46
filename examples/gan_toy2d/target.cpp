#include "target.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace toy {

using rapt::Index;

float Target::scale() const {
  const float of_centres = centres.array().square().mean();
  return std::sqrt(of_centres + deviation * deviation);
}

const std::vector<std::string>& target_names() {
  static const std::vector<std::string> names{"ring8", "grid25"};
  return names;
}

Target make_target(std::string_view name) {
  if (name == "ring8") {
    Target ring{"ring8", rapt::Tensor<float, 2>({8, 2}), 0.02f, 2.6f};
    for (Index k = 0; k < 8; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k) / 4;
      ring.centres(k, 0) = static_cast<float>(2 * std::cos(angle));
      ring.centres(k, 1) = static_cast<float>(2 * std::sin(angle));
    }
    return ring;
  }
  if (name == "grid25") {
    Target grid{"grid25", rapt::Tensor<float, 2>({25, 2}), 0.05f, 5};
    for (Index k = 0; k < 25; ++k) {
      grid.centres(k, 0) = static_cast<float>(2 * (k % 5) - 4);
      grid.centres(k, 1) = static_cast<float>(2 * (k / 5) - 4);
    }
    return grid;
  }
  throw std::invalid_argument("no target '" + std::string(name) + "'");
}

void draw_real(const Target& target, rapt::TensorView<float, 2> samples, rapt::RandomStream& stream) {
  const float scale = target.scale();
  for (Index n = 0; n < samples.extent(0); ++n) {
    const Index k = rapt::uniform_index(stream, target.modes());
    for (Index i = 0; i < 2; ++i)
      samples(n, i) = (target.centres(k, i) + target.deviation * rapt::normal<float>(stream)) / scale;
  }
}

}  // namespace toy
