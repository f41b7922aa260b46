#include <rapt/rapt.hpp>

#include "recommend.hpp"

rapt::Tensor<float, 2> made_elsewhere(rapt::Index rows);

rapt::Tensor<float, 2> made_elsewhere(rapt::Index rows) { return rapt::Tensor<float, 2>({rows, 2}); }
