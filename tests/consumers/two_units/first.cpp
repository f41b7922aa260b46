// With second.cpp: whatever lacks an inline is defined twice, and the linker says so.
#include <rapt/rapt.hpp>

#include "recommend.hpp"

rapt::Tensor<float, 2> made_elsewhere(rapt::Index rows);

int main() { return made_elsewhere(3).extent(0) == 3 ? 0 : 1; }
