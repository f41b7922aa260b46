#pragma once
/// \file  Names without definitions: enough for headers that only declare functions of tensors and layers.
/// Sequential and Residual are constrained by what a layer is, and the activations have a default argument:
/// include their own headers.

#include <rapt/core/shape.hpp>

#include <concepts>
#include <cstddef>

namespace rapt {

template <TensorScalar T, std::size_t Rank>
class Tensor;
template <class T, std::size_t Rank>
class TensorView;
class RandomStream;
class FormatError;
struct Training;
enum class InputGradient;

// nn/
template <std::floating_point T>
struct AdaptiveAvgPool2d;
template <std::floating_point T>
struct AdaptiveMaxPool2d;
template <std::floating_point T>
struct AvgPool2d;
template <std::floating_point T>
struct BatchNorm1d;
template <std::floating_point T>
struct BatchNorm2d;
template <std::floating_point T>
struct Conv2d;
template <std::floating_point T>
struct ConvTranspose2d;
template <std::floating_point T>
struct Dropout;
template <std::floating_point T>
struct Embedding;
template <std::floating_point T>
struct EmbeddingBag;
template <std::floating_point T>
struct Flatten;
template <std::floating_point T>
struct GroupNorm;
template <std::floating_point T>
struct InstanceNorm2d;
template <std::floating_point T>
struct LayerNorm;
template <std::floating_point T>
struct Linear;
template <std::floating_point T>
struct MaxPool2d;
template <std::floating_point T>
struct PixelShuffle;
template <std::floating_point T>
struct RMSNorm;
template <std::floating_point T>
struct Unflatten;
template <std::floating_point T>
struct Upsample;

// attention/
template <std::floating_point T>
struct AttentionPooling;
template <std::floating_point T>
struct MultiheadAttention;
template <std::floating_point T>
struct ScaledDotProductAttention;

// optim/
template <class Model>
struct SGD;
template <class Model>
struct Adam;
template <class Model>
struct AdamW;

}  // namespace rapt
