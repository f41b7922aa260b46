// dlib's layers, driven as its trainer drives them: forward, then the error propagated back. Its matrix
// product is that of the BLAS it is linked with.
#include "report/blas_threads.hpp"
#include "report/libraries.hpp"

#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace rapt_bench {
namespace {

constexpr int width = 256;
using Input = dlib::input<dlib::matrix<float>>;
template <class Below>
using Linear = dlib::fc<width, Below>;
using One = Linear<Input>;
using Three = dlib::relu<Linear<dlib::relu<Linear<dlib::relu<Linear<Input>>>>>>;

dlib::resizable_tensor tensor(const Numbers& values, Size rows) {
  dlib::resizable_tensor t(rows, width);
  std::copy(values.begin(), values.end(), t.host());
  return t;
}
Numbers numbers(const float* values, std::size_t count) { return Numbers(values, values + count); }
Numbers numbers(const dlib::tensor& t) { return numbers(t.host(), t.size()); }
Numbers transposed(const float* values) {
  Numbers out(static_cast<std::size_t>(width * width));
  for (std::size_t i = 0; i < out.size(); ++i) out[i % width * width + i / width] = values[i];
  return out;
}

/// Calls f(layer) for every linear map, the first one first.
template <class F>
void for_each_linear(One& net, F&& f) {
  f(net);
}
template <class F>
void for_each_linear(Three& net, F&& f) {
  f(dlib::layer<5>(net));
  f(dlib::layer<3>(net));
  f(dlib::layer<1>(net));
}

template <class Net>
class DlibRun {
 public:
  explicit DlibRun(const DenseProblem& p) : x_(tensor(p.x, p.rows)), dy_(tensor(p.dy, p.rows)) {
    const dlib::matrix<float> sample(1, width);
    net_(sample);  // dlib learns its shapes from a first sample
    std::size_t n = 0;
    for_each_linear(net_, [&](auto& linear) {
      // One tensor: the weight from input to output, then the bias.
      float* const values = linear.layer_details().get_layer_params().host();
      const Numbers weight = transposed(p.weights[n].data());
      std::copy(p.biases[n].begin(), p.biases[n].end(), std::copy(weight.begin(), weight.end(), values));
      ++n;
    });
  }
  void run() {
    net_.forward(x_);
    net_.back_propagate_error(x_, dy_);
  }
  std::vector<Numbers> results() {
    std::vector<Numbers> all{numbers(net_.get_output()), numbers(net_.get_final_data_gradient())};
    for_each_linear(net_, [&](auto& linear) {
      const float* const gradient = linear.get_parameter_gradient().host();
      all.push_back(transposed(gradient));
      all.push_back(numbers(gradient + width * width, width));
    });
    return all;
  }

 private:
  dlib::resizable_tensor x_, dy_;
  Net net_;
};

/// A convolution, transposed or not: one tensor of parameters, the weight in PyTorch's layout, then the bias.
template <template <class> class Layer>
class DlibConv {
 public:
  explicit DlibConv(const ConvProblem& p)
      : x_(p.batch, p.in, p.size, p.size), dy_(p.batch, p.out, p.out_size(), p.out_size()), out_(p.out) {
    std::copy(p.x.begin(), p.x.end(), x_.host());
    std::copy(p.dy.begin(), p.dy.end(), dy_.host());
    const dlib::matrix<float> sample(1, 1);
    dlib::resizable_tensor unused;
    net_.to_tensor(&sample, &sample + 1, unused);  // dlib asks for it
    net_.forward(x_);                              // and learns its shapes here
    std::copy(p.bias.begin(), p.bias.end(),
              std::copy(p.weight.begin(), p.weight.end(), net_.layer_details().get_layer_params().host()));
  }
  void run() {
    net_.forward(x_);
    net_.back_propagate_error(x_, dy_);
  }
  std::vector<Numbers> results() {
    const Numbers all = numbers(net_.get_parameter_gradient());
    return {numbers(net_.get_output()), numbers(net_.get_final_data_gradient()),
            Numbers(all.begin(), all.end() - out_), Numbers(all.end() - out_, all.end())};
  }

 private:
  dlib::resizable_tensor x_, dy_;
  Size out_;
  Layer<Input> net_;
};
template <long out, long kernel, int stride, int padding>
struct Conv {
  template <class Below>
  using Plain = dlib::add_layer<dlib::con_<out, kernel, kernel, stride, stride, padding, padding>, Below>;
  template <class Below>
  using Transposed =
      dlib::add_layer<dlib::cont_<out, kernel, kernel, stride, stride, padding, padding>, Below>;
};

class Dlib : public Library {
 public:
  std::string_view name() const override { return "dlib"; }
  std::string version() const override {
    return std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION);
  }
  void set_threads(int n) override { set_blas_threads(n); }

  Sides dense(const DenseProblem& p) override {
    if (p.width != width) return {};
    if (p.weights.size() == 1 && !p.relu) return {side<One>(p)};
    if (p.weights.size() == 3 && p.relu) return {side<Three>(p)};
    return {};
  }
  Sides conv(const ConvProblem& p) override {
    if (p.groups != 1) return {};
    Sides sides;
    add_conv<3, 64, 4, 2, 1>(p, sides);
    add_conv<64, 128, 4, 2, 1>(p, sides);
    add_conv<128, 128, 3, 1, 1>(p, sides);
    add_conv<64, 64, 3, 1, 1>(p, sides);
    add_conv<256, 256, 3, 1, 1>(p, sides);
    add_conv<256, 64, 1, 1, 0>(p, sides);
    add_conv<1, 32, 3, 1, 1>(p, sides);
    add_conv<32, 64, 3, 2, 1>(p, sides);
    add_conv<100, 256, 4, 1, 0>(p, sides);
    add_conv<128, 64, 4, 2, 1>(p, sides);
    add_conv<64, 3, 4, 2, 1>(p, sides);
    add_conv<64, 32, 4, 2, 1>(p, sides);
    return sides;
  }

 private:
  template <Size in, long out, long kernel, int stride, int padding>
  static void add_conv(const ConvProblem& p, Sides& sides) {
    if (p.in != in || p.out != out || p.kernel != kernel || p.stride != stride || p.padding != padding)
      return;
    using Shape = Conv<out, kernel, stride, padding>;
    const auto add = [&](auto it) {
      sides.push_back({.run = [=] { it->run(); }, .results = [=] { return it->results(); }});
    };
    if (p.transposed) {
      add(std::make_shared<DlibConv<Shape::template Transposed>>(p));
    } else {
      add(std::make_shared<DlibConv<Shape::template Plain>>(p));
    }
  }
  template <class Net>
  static Side side(const DenseProblem& p) {
    auto it = std::make_shared<DlibRun<Net>>(p);
    return {.run = [=] { it->run(); }, .results = [=] { return it->results(); }};
  }
};

}  // namespace

std::unique_ptr<Library> make_dlib() { return std::make_unique<Dlib>(); }

}  // namespace rapt_bench
