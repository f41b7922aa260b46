// OpenBLAS by its C interface.
#include "report/libraries.hpp"

#include <cblas.h>

namespace rapt_bench {
namespace {

class OpenBlas : public Library {
 public:
  std::string_view name() const override { return "openblas"; }
  std::string version() const override {
    return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
  }
  void set_threads(int n) override { openblas_set_num_threads(n); }

  Sides matmul(const MatmulProblem& p) override {
    auto c = std::make_shared<Numbers>(static_cast<std::size_t>(p.m * p.n));
    const auto run = [c, &p] {
      const auto m = static_cast<blasint>(p.m), n = static_cast<blasint>(p.n), k = static_cast<blasint>(p.k);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, p.transpose_b ? CblasTrans : CblasNoTrans, m, n, k, 1,
                  p.a.data(), k, p.b.data(), p.transpose_b ? k : n, 0, c->data(), n);
    };
    return {{.run = run, .results = [c] { return std::vector<Numbers>{*c}; }}};
  }
};

}  // namespace

std::unique_ptr<Library> make_openblas() { return std::make_unique<OpenBlas>(); }

}  // namespace rapt_bench
