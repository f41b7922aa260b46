#pragma once
/// \file  Random streams and our own distributions: those of the standard library differ between
/// implementations.

#include <rapt/core/philox.hpp>
#include <rapt/core/tensor_view.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace rapt {

/// A reproducible sequence of random words: (seed, stream, position) say everything.
///
/// Streams of one seed are independent; `substream` derives one by number or by name, so that what one part
/// draws never shifts what another part draws. Also a standard uniform random bit generator.
class RandomStream {
 public:
  using result_type = std::uint32_t;
  struct State {
    std::uint64_t seed = 0, stream = 0, position = 0;
    bool operator==(const State&) const = default;
  };

  RandomStream() = default;
  explicit RandomStream(std::uint64_t seed, std::uint64_t stream = 0) : state_{seed, stream, 0} {}
  explicit RandomStream(const State& state) : state_(state) {
    if (state_.position % 4 != 0) block_ = words(state_.position / 4);
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  /// The next 32 random bits.
  result_type operator()() {
    const std::uint64_t position = state_.position++;
    if (position % 4 == 0) block_ = words(position / 4);
    return block_[position % 4];
  }
  /// The next 64 random bits.
  std::uint64_t next64() {
    const std::uint64_t high = (*this)();
    return high << 32 | (*this)();
  }

  /// Four words of block `index`, wherever the stream stands.
  std::array<std::uint32_t, 4> words(std::uint64_t index) const {
    return philox4x32_10({low(index), high(index), low(state_.stream), high(state_.stream)},
                         {low(state_.seed), high(state_.seed)});
  }

  /// A stream of the same seed that is a function of this stream's number and `id`, not of its position.
  RandomStream substream(std::uint64_t id) const {
    // Another key than words() uses, so that the derived numbers are no part of any stream.
    const auto w = philox4x32_10({low(id), high(id), low(state_.stream), high(state_.stream)},
                                 {low(state_.seed) ^ 0x5bd1e995u, high(state_.seed) ^ 0x1b873593u});
    return RandomStream(state_.seed, std::uint64_t{w[0]} << 32 | w[1]);
  }
  RandomStream substream(std::string_view name) const {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return substream(hash);
  }

  const State& state() const { return state_; }

 private:
  static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

  State state_;
  std::array<std::uint32_t, 4> block_{};
};

/// Uniform in [0, 1): 24 bits for float, 53 otherwise.
template <std::floating_point T>
T uniform(RandomStream& stream) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<T>(stream() >> 8) * 0x1p-24f;
  } else {
    return static_cast<T>(static_cast<double>(stream.next64() >> 11) * 0x1p-53);
  }
}

/// Uniform in [low, high); `low` where they are equal.
template <std::floating_point T>
T uniform(RandomStream& stream, T low, T high) {
  const T x = low + (high - low) * uniform<T>(stream);
  // The sum may round up to the end that does not belong to the interval.
  return x >= high && low < high ? std::nextafter(high, low) : x;
}

/// Normal with mean 0 and deviation 1 (Box and Muller 1958); draws two words of 64 bits.
template <std::floating_point T>
T normal(RandomStream& stream) {
  const double radius = std::sqrt(-2 * std::log(1 - uniform<double>(stream)));
  return static_cast<T>(radius * std::cos(2 * std::numbers::pi * uniform<double>(stream)));
}

/// Uniform among 0 ... limit - 1, without bias (Lemire 2019, arXiv:1805.10941).
/// \throws std::invalid_argument where there is nothing to choose from
inline Index uniform_index(RandomStream& stream, Index limit) {
  if (limit <= 0) [[unlikely]] {
    throw std::invalid_argument("uniform_index: limit " + std::to_string(limit) + ", expected at least 1");
  }
  __extension__ using Wide = unsigned __int128;
  const auto n = static_cast<std::uint64_t>(limit);
  Wide product = Wide{stream.next64()} * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t threshold = (0 - n) % n;
    while (static_cast<std::uint64_t>(product) < threshold) product = Wide{stream.next64()} * n;
  }
  return static_cast<Index>(product >> 64);
}

/// Random order, every permutation equally likely (Fisher and Yates 1938).
template <class T>
void shuffle(std::span<T> values, RandomStream& stream) {
  for (auto i = static_cast<Index>(values.size()) - 1; i > 0; --i) {
    std::swap(values[static_cast<std::size_t>(i)],
              values[static_cast<std::size_t>(uniform_index(stream, i + 1))]);
  }
}

/// Every element uniform in [low, high).
template <std::floating_point T, std::size_t Rank>
void fill_uniform(TensorView<T, Rank> view, std::type_identity_t<T> low, std::type_identity_t<T> high,
                  RandomStream& stream) {
  for (T& x : view) x = uniform(stream, low, high);
}

/// Every element normal with the given mean and deviation.
template <std::floating_point T, std::size_t Rank>
void fill_normal(TensorView<T, Rank> view, std::type_identity_t<T> mean, std::type_identity_t<T> deviation,
                 RandomStream& stream) {
  for (T& x : view) x = mean + deviation * normal<T>(stream);
}

}  // namespace rapt
