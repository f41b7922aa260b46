#pragma once
/// \file  Every part of rapt that needs Eigen alone; io/ and distributed/ are included by name.
/// Written by cmake/umbrella.cmake.

#include <rapt/attention/attention_pooling.hpp>
#include <rapt/attention/evidence_attention.hpp>
#include <rapt/core/cast.hpp>
#include <rapt/core/checked.hpp>
#include <rapt/core/format_error.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/parameters.hpp>
#include <rapt/core/philox.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/shape.hpp>
#include <rapt/core/summary.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/core/thread_pool.hpp>
#include <rapt/core/touched_rows.hpp>
#include <rapt/core/training.hpp>
#include <rapt/kernels/gemm.hpp>
#include <rapt/loss/candidate_list_loss.hpp>
#include <rapt/loss/weighted_square.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/optim/adam.hpp>
#include <rapt/testing/golden.hpp>
#include <rapt/testing/gradient_check.hpp>
#include <rapt/version.hpp>
