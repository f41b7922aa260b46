#pragma once
/// \file  Training mode: it sits in the cache, and so does the random stream of every layer that draws.

#include <rapt/core/parameters.hpp>
#include <rapt/core/random.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// Member `training` of a cache whose layer behaves differently in training (Dropout, BatchNorm1d).
/// A default cache predicts.
struct Training {
  bool on = false;
  RandomStream stream;
};

namespace detail {

template <class Cache>
concept HasTraining = requires(Cache& cache) {
  { cache.training } -> std::same_as<Training&>;
};
template <class Cache>
concept HasCaches = requires {
  Cache::caches;
};

// f(training, stream) at every leaf; a sub-stream follows from the path alone.
template <class Cache, class F>
void walk_training(Cache& cache, const RandomStream& stream, F& f) {
  if constexpr (is_tuple<Cache>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (walk_training(std::get<I>(cache), stream.substream(I), f), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<Cache>>{});
  } else if constexpr (is_vector<Cache>) {
    for (std::size_t i = 0; i < cache.size(); ++i) walk_training(cache[i], stream.substream(i), f);
  } else {
    if constexpr (HasTraining<Cache>) f(cache.training, stream);
    if constexpr (HasCaches<Cache>) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (walk_training(cache.*std::get<I>(Cache::caches).member,
                       stream.substream(std::get<I>(Cache::caches).name), f),
         ...);
      }
      (std::make_index_sequence<std::tuple_size_v<decltype(Cache::caches)>>{});
    }
  }
}

}  // namespace detail

/// Puts a cache into training mode and gives each random leaf the sub-stream of its path. Caches of
/// composites list their parts as `static constexpr auto caches = std::tuple{field("dropout",
/// &Cache::dropout), ...}`.
///
/// Every following forward draws anew; calling this again with the same stream repeats the same draws.
/// Caches in run-time vectors are reached once they exist: size them before (composites do so in their
/// constructor of the cache or in `prepare`).
template <class Cache>
void start_training(Cache& cache, const RandomStream& stream) {
  auto on = [](Training& training, const RandomStream& own) { training = {true, own}; };
  detail::walk_training(cache, stream, on);
}

/// Back to prediction.
template <class Cache>
void stop_training(Cache& cache) {
  auto off = [](Training& training, const RandomStream&) { training.on = false; };
  detail::walk_training(cache, RandomStream{}, off);
}

namespace detail {

template <class L, class Cache, std::size_t I, std::size_t J>
void absorb_where_named(L& layer, const Cache& cache);

}  // namespace detail

/// Commits what training-mode forwards proposed in the cache without gradient (batch-norm averages) to the
/// layer. A leaf has a member `absorb(const Cache&)`; composites are walked by the names of parameters and
/// caches.
template <class L, class Cache>
void absorb(L& layer, const Cache& cache) {
  if constexpr (requires { layer.absorb(cache); }) {
    layer.absorb(cache);
  } else if constexpr (detail::is_tuple<L>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (absorb(std::get<I>(layer), std::get<I>(cache)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<L>>{});
  } else if constexpr (detail::is_vector<L>) {
    if (layer.size() != cache.size()) {
      throw std::invalid_argument("rapt::absorb: " + std::to_string(layer.size()) +
                                  " layers, but caches for " + std::to_string(cache.size()));
    }
    for (std::size_t i = 0; i < layer.size(); ++i) absorb(layer[i], cache[i]);
  } else if constexpr (detail::HasCaches<Cache> && requires { L::parameters; }) {
    detail::absorb_where_named<L, Cache, 0, 0>(layer, cache);
  }
}

namespace detail {

template <class L, class Cache, std::size_t I, std::size_t J>
void absorb_where_named(L& layer, const Cache& cache) {
  if constexpr (I < std::tuple_size_v<decltype(L::parameters)>) {
    if constexpr (J < std::tuple_size_v<decltype(Cache::caches)>) {
      constexpr auto own = std::get<I>(L::parameters);
      constexpr auto kept = std::get<J>(Cache::caches);
      if constexpr (own.name == kept.name) absorb(layer.*own.member, cache.*kept.member);
      absorb_where_named<L, Cache, I, J + 1>(layer, cache);
    } else {
      absorb_where_named<L, Cache, I + 1, 0>(layer, cache);
    }
  }
}

}  // namespace detail

}  // namespace rapt
