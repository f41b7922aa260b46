#pragma once
/// \file  What the loss of a generative adversarial network is.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/loss/bce_with_logits.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace rapt {

/// The gradients of a discriminator's loss by its logits of real samples and of fakes.
/// \shape real (N, M), fake (K, M)
template <std::floating_point T>
struct GanLossGradient {
  TensorView<const T, 2> real, fake;
  static constexpr auto tensors = std::tuple{&GanLossGradient::real, &GanLossGradient::fake};
};

/// A loss for each of the two players, both to be descended, from the logits of real samples and of fakes,
/// whose numbers may differ; sums are divided by the number of logits here and nowhere else.
///
///     discriminator(real, fake, cache) const  -> the loss of D
///     discriminator_backward(cache) const     -> its gradients by both logits
///     generator(real, fake, cache) const      -> the loss of G; `real` is read where generator_reads_real
///                                                says so, and may be absent elsewhere
///     generator_backward(cache) const         -> its gradient by the logits of fakes
///
/// A gradient lives in the cache, belongs to the same player's last loss in it, and must be asked for before
/// the other player's next one.
template <class L>
concept GanLoss = std::copyable<L> && std::default_initializable<typename L::Cache> &&
    requires(const L& loss, TensorView<const typename L::Scalar, 2> logits, typename L::Cache& cache) {
  typename L::Scalar;
  { L::generator_reads_real } -> std::convertible_to<bool>;
  { loss.discriminator(logits, logits, cache) } -> std::same_as<typename L::Scalar>;
  { loss.discriminator_backward(cache) } -> std::same_as<GanLossGradient<typename L::Scalar>>;
  { loss.generator(logits, logits, cache) } -> std::same_as<typename L::Scalar>;
  { loss.generator_backward(cache) } -> std::same_as<TensorView<const typename L::Scalar, 2>>;
};

namespace detail {

/// \throws ShapeError where a real sample and a fake have different numbers of logits
template <class T>
void expect_gan_logits(std::string_view where, TensorView<const T, 2> real, TensorView<const T, 2> fake) {
  expect_shape(where, "fake_logits", fake.shape(), {any, real.extent(1)});
}

/// \throws std::invalid_argument
inline void expect_label_smoothing(std::string_view where, double smoothing) {
  if (smoothing >= 0 && smoothing < 1) return;
  throw std::invalid_argument(std::string(where) + ": label_smoothing is " + number_text(smoothing) +
                              ", expected at least 0 and below 1");
}

inline constexpr Index gan_logits_grain = 1 << 12;  // logits of one chunk

/// The mean of f over all logits, summed in double; 0 of none.
template <class T, class F>
T mean_over_logits(TensorView<const T, 2> x, F&& f) {
  using Sum = std::common_type_t<T, double>;
  if (x.size() == 0) return 0;
  const Sum sum = parallel_sum<Sum>(x.size(), gan_logits_grain, 4, [&](Index from, Index to) {
    Sum part = 0;
    for (Index i = from; i < to; ++i) part += f(static_cast<Sum>(x.data()[i]));
    return part;
  });
  return static_cast<T>(sum / static_cast<Sum>(x.size()));
}

/// d_i = f(x_i) / size: the gradient of a mean over all logits.
template <class T, class F>
TensorView<const T, 2> gradient_of_mean(TensorView<const T, 2> x, Tensor<T, 2>& d, F&& f) {
  T* const out = d.resize(x.shape()).data();
  const T share = T(1) / static_cast<T>(x.size());
  parallel_for_range(x.size(), gan_logits_grain, 2, [&](Index from, Index to) {
    for (Index i = from; i < to; ++i) out[i] = share * f(x.data()[i]);
  });
  return d;
}

/// Working memory of a discriminator that tells real from fake by cross-entropy.
template <std::floating_point T>
struct RealOrFakeCache {
  typename BCEWithLogitsLoss<T>::Cache real, fake;
};

/// `L = mean cross-entropy(1 - smoothing, sigmoid(real)) + mean cross-entropy(0, sigmoid(fake))`.
template <std::floating_point T>
T real_or_fake(std::string_view where, TensorView<const T, 2> real, TensorView<const T, 2> fake,
               double smoothing, RealOrFakeCache<T>& cache) {
  expect_gan_logits(where, real, fake);
  expect_label_smoothing(where, smoothing);
  const BCEWithLogitsLoss<T> loss;
  return loss.forward(real, static_cast<T>(1 - smoothing), cache.real) + loss.forward(fake, T(0), cache.fake);
}
template <std::floating_point T>
GanLossGradient<T> real_or_fake_backward(RealOrFakeCache<T>& cache) {
  const BCEWithLogitsLoss<T> loss;
  return {loss.backward(cache.real), loss.backward(cache.fake)};
}

}  // namespace detail

}  // namespace rapt
