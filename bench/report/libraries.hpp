#pragma once
// One maker for each library; a peer that was not built in has an empty pointer and says why.

#include "report/library.hpp"

#include <memory>

namespace rapt_bench {

std::unique_ptr<Library> make_rapt();
std::unique_ptr<Library> make_eigen();
std::unique_ptr<Library> make_openblas();
std::unique_ptr<Library> make_torch();
std::unique_ptr<Library> make_onnxruntime();
std::unique_ptr<Library> make_dlib();

}  // namespace rapt_bench
