#pragma once
/// \file  What a fork-join job is made of: the task, the mark of a running chunk, the error it ends with.

#include <rapt/core/shape.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace rapt {

/// What an executor runs: call it with the number of a chunk. A reference to the body of a parallel_for,
/// valid until the executor returns; unlike std::function it never allocates. Copies refer to the same body,
/// and may be called from several threads at once.
class ChunkTask {
 public:
  template <class Body>
  requires(!std::is_same_v<std::remove_cvref_t<Body>, ChunkTask>) explicit ChunkTask(Body& body)
      : body_(const_cast<void*>(static_cast<const void*>(std::addressof(body)))),
        call_([](void* b, Index chunk) { (*static_cast<Body*>(b))(chunk); }) {}
  /// Runs one chunk.
  void operator()(Index chunk) const { call_(body_, chunk); }

 private:
  void* body_;
  void (*call_)(void*, Index);
};

namespace detail {

/// Whether the calling thread runs a chunk now: a parallel_for in there runs inline.
inline bool& inside_chunk() {
  thread_local bool value = false;
  return value;
}

/// Sets inside_chunk for as long as it lives.
class InsideChunk {
 public:
  InsideChunk() : before_(std::exchange(inside_chunk(), true)) {}
  ~InsideChunk() { inside_chunk() = before_; }
  InsideChunk(const InsideChunk&) = delete;
  InsideChunk& operator=(const InsideChunk&) = delete;

 private:
  bool before_;
};

/// Of the exceptions that chunks throw, the one of the lowest chunk: the one that one thread would have
/// thrown.
class ChunkError {
 public:
  void run(const ChunkTask& task, Index chunk) {
    try {
      task(chunk);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (error_ == nullptr || chunk < chunk_) {
        error_ = std::current_exception();
        chunk_ = chunk;
      }
    }
  }
  /// After all chunks have ended.
  void rethrow() {
    if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  Index chunk_ = 0;
};

}  // namespace detail

}  // namespace rapt
