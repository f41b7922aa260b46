#pragma once
/// \file  The only place that knows threads.

#include <rapt/core/chunk.hpp>
#include <rapt/core/shape.hpp>
#include <rapt/core/thread_pool.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace rapt {

/// Runs task(0) ... task(chunks - 1), each once, in any order and on any threads, and returns when all are
/// done. A task never throws; calls that nest in one run inline.
using Executor = std::function<void(Index chunks, const ChunkTask& task)>;

namespace detail {

struct Parallel {
  std::unique_ptr<ThreadPool> pool;
  Executor executor;
  // About 50 microseconds of work: below, waking a thread costs more than it saves.
  Index least_operations = 100'000;
};
inline Parallel& parallel_state() {
  static Parallel state;
  return state;
}

/// One job on the user's threads, which know neither what nests nor what throws.
inline void run_on(const Executor& executor, Index chunks, const ChunkTask& task) {
  ChunkError error;
  auto guarded = [&](Index chunk) {
    const InsideChunk inside;
    error.run(task, chunk);
  };
  executor(chunks, ChunkTask(guarded));
  error.rethrow();
}

}  // namespace detail

/// Number of threads that parallel_for may use; 1 unless asked. Not to be called while work is running.
/// \throws std::invalid_argument where n < 1
inline void set_threads(Index n) {
  if (n < 1)
    throw std::invalid_argument("rapt::set_threads: " + std::to_string(n) + " threads, expected at least 1");
  auto& state = detail::parallel_state();
  state.pool.reset();
  if (n > 1) state.pool = std::make_unique<detail::ThreadPool>(n - 1);
}

/// What set_threads was given last.
inline Index threads() {
  const auto& pool = detail::parallel_state().pool;
  return pool == nullptr ? 1 : pool->workers() + 1;
}

/// Runs the chunks on your own threads instead of ours; an empty executor gives ours back.
inline void set_executor(Executor executor) { detail::parallel_state().executor = std::move(executor); }

/// Least total number of operations (about two a nanosecond) for which threads are woken. Tests set it to 0.
inline void set_parallel_threshold(Index operations) {
  detail::parallel_state().least_operations = operations;
}

/// Calls body(0) ... body(chunks - 1), perhaps on several threads.
///
/// Chunks must follow from the problem's shape, never from the number of threads, and each output element
/// must belong to one chunk: then results are the same bits at any thread count. Runs inline where nested,
/// where the pool is busy, or where there is too little work. The exception of the lowest chunk that throws
/// is thrown here.
template <class Body>
void parallel_for(Index chunks, Index operations_per_chunk, Body&& body) {
  auto& state = detail::parallel_state();
  const bool worth_it = chunks > 1 && chunks * operations_per_chunk >= state.least_operations;
  if (worth_it && !detail::inside_chunk()) {
    const ChunkTask task(body);
    if (state.executor) return detail::run_on(state.executor, chunks, task);
    if (state.pool != nullptr && state.pool->run(chunks, task)) return;
  }
  for (Index chunk = 0; chunk < chunks; ++chunk) body(chunk);
}

/// The same over a range cut into pieces of `grain` > 0 elements: body(from, to).
template <class Body>
void parallel_for_range(Index count, Index grain, Index operations_per_element, Body&& body) {
  const Index chunks = (count + grain - 1) / grain;
  parallel_for(chunks, grain * operations_per_element, [&](Index chunk) {
    const Index from = chunk * grain;
    body(from, from + grain < count ? from + grain : count);
  });
}

}  // namespace rapt
