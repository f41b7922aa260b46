#pragma once
/// \file  A small fork-join pool; use it through parallel_for.

#include <rapt/core/shape.hpp>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace rapt::detail {

/// Reference to something callable as body(chunk); unlike std::function it never allocates.
class Task {
 public:
  template <class Body>
  requires(!std::is_same_v<std::remove_cvref_t<Body>, Task>) explicit Task(Body& body)
      : body_(const_cast<void*>(static_cast<const void*>(std::addressof(body)))),
        call_([](void* b, Index chunk) { (*static_cast<Body*>(b))(chunk); }) {}
  void operator()(Index chunk) const { call_(body_, chunk); }

 private:
  void* body_;
  void (*call_)(void*, Index);
};

/// Workers that sleep between jobs. A worker that wakes late finds the job closed and sleeps again, so a job
/// never waits for a thread that the machine did not schedule.
class ThreadPool {
 public:
  explicit ThreadPool(Index workers) {
    for (Index i = 0; i < workers; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~ThreadPool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      posted_.fetch_add(1);
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  Index workers() const { return static_cast<Index>(threads_.size()); }

  /// Whether the calling thread already runs a chunk.
  static bool& inside() {
    thread_local bool value = false;
    return value;
  }

  /// Runs all chunks with the caller's help; false (and nothing done) where another job is running.
  bool run(Index chunks, const Task& task) {
    const std::unique_lock only_one(busy_, std::try_to_lock);
    if (!only_one.owns_lock()) return false;
    {
      const std::lock_guard lock(mutex_);
      task_ = &task;
      chunks_ = chunks;
      next_.store(0);
      error_ = nullptr;
      posted_.fetch_add(1);
    }
    wake_.notify_all();
    work(task, chunks);
    std::unique_lock lock(mutex_);
    task_ = nullptr;  // closed: nobody joins any more
    done_.wait(lock, [this] { return active_ == 0; });
    if (error_) std::rethrow_exception(error_);
    return true;
  }

 private:
  void work(const Task& task, Index chunks) {
    inside() = true;
    for (Index chunk = next_.fetch_add(1); chunk < chunks; chunk = next_.fetch_add(1)) {
      try {
        task(chunk);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
    }
    inside() = false;
  }

  void serve() {
    long seen = 0;
    for (;;) {
      // A short spin: the next job of a training step comes within microseconds.
      for (int i = 0; i < spins && posted_.load(std::memory_order_relaxed) == seen; ++i) pause();
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return posted_.load() != seen; });
      seen = posted_.load();
      if (stop_) return;
      if (task_ == nullptr) continue;
      const Task& task = *task_;
      const Index chunks = chunks_;
      ++active_;
      lock.unlock();
      work(task, chunks);
      lock.lock();
      if (--active_ == 0) done_.notify_all();
    }
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  static constexpr int spins = 200;
  std::mutex busy_, mutex_;
  std::condition_variable wake_, done_;
  std::atomic<long> posted_{0};
  std::atomic<Index> next_{0};
  const Task* task_ = nullptr;
  Index chunks_ = 0, active_ = 0;
  std::exception_ptr error_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace rapt::detail
