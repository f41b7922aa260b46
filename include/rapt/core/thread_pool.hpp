#pragma once
/// \file  A small fork-join pool; use it through parallel_for.

#include <rapt/core/chunk.hpp>
#include <rapt/core/shape.hpp>
#include <rapt/core/workspace.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace rapt::detail {

/// Workers that sleep between jobs. A worker that wakes late finds the job closed and sleeps again, so a job
/// never waits for a thread that the machine did not schedule.
class ThreadPool {
 public:
  /// \throws std::system_error where the system grants no further thread
  explicit ThreadPool(Index workers) : workspaces_(static_cast<std::size_t>(workers)) {
    try {
      for (auto& workspace : workspaces_) threads_.emplace_back([this, &workspace] { serve(workspace); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~ThreadPool() { stop(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  Index workers() const { return static_cast<Index>(threads_.size()); }

  /// Runs all chunks with the caller's help; false (and nothing done) where another job is running.
  bool run(Index chunks, const ChunkTask& task) {
    const std::unique_lock only_one(busy_, std::try_to_lock);
    if (!only_one.owns_lock()) return false;
    {
      const std::lock_guard lock(mutex_);
      task_ = &task;
      chunks_ = chunks;
      next_.store(0);
      posted_.fetch_add(1);
    }
    wake_.notify_all();
    work(task, chunks);
    {
      const std::lock_guard lock(mutex_);
      task_ = nullptr;  // closed: nobody joins any more
    }
    spin_while([this] { return active_.load(std::memory_order_relaxed) != 0; });
    {
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return active_ == 0; });
    }
    error_.rethrow();
    return true;
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      posted_.fetch_add(1);
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void work(const ChunkTask& task, Index chunks) {
    const InsideChunk inside;
    for (Index chunk = next_.fetch_add(1); chunk < chunks; chunk = next_.fetch_add(1))
      error_.run(task, chunk);
  }

  void serve(ThreadWorkspace& workspace) {
    given_workspace() = &workspace;
    long seen = 0;
    for (;;) {
      spin_while([&] { return posted_.load(std::memory_order_relaxed) == seen; });
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return posted_.load() != seen; });
      seen = posted_.load();
      if (stop_) return;
      if (task_ == nullptr) continue;
      const ChunkTask& task = *task_;
      const Index chunks = chunks_;
      ++active_;
      lock.unlock();
      work(task, chunks);
      lock.lock();
      if (--active_ == 0) done_.notify_all();
    }
  }

  // A few microseconds: within them come the next job of a training step and the end of the last chunk.
  template <class Condition>
  static void spin_while(Condition condition) {
    for (int i = 0; i < 200 && condition(); ++i) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    }
  }

  std::mutex busy_, mutex_;
  std::condition_variable wake_, done_;
  std::atomic<long> posted_{0};
  std::atomic<Index> next_{0}, active_{0};
  const ChunkTask* task_ = nullptr;
  Index chunks_ = 0;
  ChunkError error_;
  bool stop_ = false;
  std::vector<ThreadWorkspace> workspaces_;  // made before the threads, so that a warm pool allocates nothing
  std::vector<std::thread> threads_;
};

}  // namespace rapt::detail
