#pragma once
/// \file  The images to learn from, and those to be judged by.

#include <rapt/io/labelled_images.hpp>

#include <string>
#include <vector>

namespace sagan {

using rapt::Index;
using rapt::Tensor;
using rapt::TensorView;

/// Images of one kind, parted once and for all: what is trained on and what is only measured with.
struct ImageData {
  std::string name;  // "digits", "fashion"
  rapt::LabelledImages train, held_out;
  std::vector<std::string> class_names;

  Index side() const { return train.images.extent(2); }
};

/// The 8 x 8 digits from `folder`/digits.csv.gz: 1000 to train on, 797 held out.
/// \throws rapt::FormatError
ImageData read_digits(const std::string& folder);

/// Fashion-MNIST (28 x 28) from the four IDX files in `folder`: 60,000 to train on, 10,000 held out.
/// \throws rapt::FormatError; where a file is missing, the message says which package has it
ImageData read_fashion(const std::string& folder);

}  // namespace sagan
