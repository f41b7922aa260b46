// ONNX Runtime through the C interface of a shared library that is opened at run time: no header of its is
// needed, only the order of its function table, to which every version only adds.
#include "report/libraries.hpp"
#include "report/onnx_model.hpp"

#include <dlfcn.h>

#include <memory>
#include <stdexcept>

namespace rapt_bench {
namespace {

// Where the functions that we use stand in OrtApi.
enum Slot {
  get_error_message = 2,
  create_env = 3,
  create_session_from_array = 8,
  run_session = 9,
  create_session_options = 10,
  set_intra_op_threads = 24,
  set_inter_op_threads = 25,
  create_tensor_on_data = 49,
  create_cpu_memory_info = 69,
  release_status = 93,
  release_memory_info = 94,
  release_session = 95,
  release_value = 96,
  release_session_options = 100,
};
struct ApiBase {
  const void* (*get_api)(std::uint32_t version);
  const char* (*version)();
};
using Handle = std::shared_ptr<void>;

/// The function table, and one environment of the process.
class Api {
 public:
  explicit Api(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto base = reinterpret_cast<const ApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
    if (base == nullptr) throw std::runtime_error(std::string(path) + " has no OrtGetApiBase");
    version_ = base()->version();
    constexpr std::uint32_t oldest_enough = 17;
    table_ = static_cast<void* const*>(base()->get_api(oldest_enough));
    if (table_ == nullptr) throw std::runtime_error(std::string(path) + " is too old");
    constexpr int only_errors = 3;
    call(create_env, only_errors, "rapt", &environment_);
  }
  const std::string& version() const { return version_; }
  void* environment() const { return environment_; }

  /// Calls a function that returns a status, with arguments of exactly the types of its declaration.
  template <class... Arguments>
  void call(Slot slot, Arguments... arguments) const {
    void* const status = function<void*(Arguments...)>(slot)(arguments...);
    if (status == nullptr) return;
    const std::string message = function<const char*(void*)>(get_error_message)(status);
    function<void(void*)>(release_status)(status);
    throw std::runtime_error("ONNX Runtime: " + message);
  }
  Handle own(void* object, Slot release) const {
    return Handle(object, [free = function<void(void*)>(release)](void* o) { free(o); });
  }

 private:
  template <class Signature>
  Signature* function(Slot slot) const {
    return reinterpret_cast<Signature*>(table_[slot]);
  }
  void* const* table_ = nullptr;
  void* environment_ = nullptr;
  std::string version_;
};

struct Operand {
  Numbers values;
  Dimensions shape;
};

/// One node, its operands, and memory for its result.
class Session {
 public:
  Session(const Api& api, int threads, const OnnxNode& node, std::vector<Operand> inputs)
      : api_(api), inputs_(std::move(inputs)) {
    void* made = nullptr;
    api.call(create_session_options, &made);
    const Handle options = api.own(made, release_session_options);
    api.call(set_intra_op_threads, options.get(), threads);
    api.call(set_inter_op_threads, options.get(), 1);
    const std::string model = onnx_model(node);
    api.call(create_session_from_array, api.environment(), static_cast<const void*>(model.data()),
             model.size(), options.get(), &made);
    session_ = api.own(made, release_session);

    std::size_t size = 1;
    for (const std::int64_t n : node.output) size *= static_cast<std::size_t>(n);
    y_.resize(size);
    output_ = tensor(y_, node.output);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      values_.push_back(tensor(inputs_[i].values, inputs_[i].shape));
      bare_values_.push_back(values_.back().get());
      names_.push_back(input_name(i));
    }
    for (const std::string& name : names_) bare_names_.push_back(name.c_str());
  }
  void run() {
    void* y = output_.get();
    const char* y_name = "y";
    api_.call(run_session, session_.get(), static_cast<const void*>(nullptr),
              static_cast<const char* const*>(bare_names_.data()),
              static_cast<void* const*>(bare_values_.data()), bare_values_.size(),
              static_cast<const char* const*>(&y_name), std::size_t{1}, &y);
  }
  const Numbers& y() const { return y_; }

 private:
  Handle tensor(Numbers& values, const Dimensions& shape) const {
    constexpr int arena = 1, default_memory = 0, float_elements = 1;
    void* made = nullptr;
    api_.call(create_cpu_memory_info, arena, default_memory, &made);
    const Handle memory = api_.own(made, release_memory_info);
    api_.call(create_tensor_on_data, static_cast<const void*>(memory.get()),
              static_cast<void*>(values.data()), values.size() * sizeof(float), shape.data(), shape.size(),
              float_elements, &made);
    return api_.own(made, release_value);
  }

  const Api& api_;
  std::vector<Operand> inputs_;
  Numbers y_;
  Handle session_, output_;
  std::vector<Handle> values_;
  std::vector<void*> bare_values_;
  std::vector<std::string> names_;
  std::vector<const char*> bare_names_;
};

/// (B, L, H, D) to (B, H, L, D) where `length` is L; back again where it is H.
Numbers exchange(const Numbers& x, Size batch, Size length, Size heads, Size width) {
  Numbers out(x.size());
  auto from = x.begin();
  for (Size b = 0; b < batch; ++b) {
    for (Size l = 0; l < length; ++l) {
      for (Size h = 0; h < heads; ++h, from += width) {
        std::copy_n(from, width, out.begin() + ((b * heads + h) * length + l) * width);
      }
    }
  }
  return out;
}

class OnnxRuntime : public Library {
 public:
  explicit OnnxRuntime(const char* path) : api_(path) {}
  std::string_view name() const override { return "onnxruntime"; }
  std::string version() const override { return api_.version(); }
  void set_threads(int n) override { threads_ = n; }

  Sides attention(const AttentionProblem& p) override {
    if (p.pass != Pass::forward) return {};
    return {multi_head_attention(p), standard_attention(p)};
  }

 private:
  static constexpr int opset = 23;

  /// The operator of Microsoft's own domain, which never holds the scores: heads side by side, as we have it.
  Side multi_head_attention(const AttentionProblem& p) const {
    const Dimensions shape{p.batch, p.length, p.heads * p.width};
    auto session =
        std::make_shared<Session>(api_, threads_,
                                  OnnxNode{"MultiHeadAttention",
                                           "com.microsoft",
                                           opset,
                                           {shape, shape, shape},
                                           shape,
                                           {{"num_heads", p.heads}}},
                                  std::vector<Operand>{{p.query, shape}, {p.key, shape}, {p.value, shape}});
    return {.run = [=] { session->run(); },
            .results = [=] { return std::vector<Numbers>{session->y()}; },
            .way = "MultiHeadAttention",
            .holds_results = true};
  }
  /// The standard operator, given its heads apart so that it need not transpose them.
  Side standard_attention(const AttentionProblem& p) const {
    const Dimensions shape{p.batch, p.heads, p.length, p.width};
    const auto operand = [&](const Numbers& x) {
      return Operand{exchange(x, p.batch, p.length, p.heads, p.width), shape};
    };
    auto session = std::make_shared<Session>(
        api_, threads_, OnnxNode{"Attention", "", opset, {shape, shape, shape}, shape},
        std::vector<Operand>{operand(p.query), operand(p.key), operand(p.value)});
    return {.run = [=] { session->run(); },
            .results =
                [=, batch = p.batch, heads = p.heads, length = p.length, width = p.width] {
                  return std::vector<Numbers>{exchange(session->y(), batch, heads, length, width)};
                },
            .way = "Attention",
            .holds_results = true};
  }

  Api api_;
  int threads_ = 1;
};

}  // namespace

std::unique_ptr<Library> make_onnxruntime() { return std::make_unique<OnnxRuntime>(RAPT_BENCH_ORT); }

}  // namespace rapt_bench
