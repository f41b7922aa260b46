#pragma once
/// \file  The product of a block of rows and a strip of columns in registers: what all products are made of.

#include <rapt/kernels/lanes.hpp>

#include <type_traits>

#define RAPT_BODY <rapt/kernels/body/block_product.inl>
#include <rapt/kernels/body/for_each_width.inl>
