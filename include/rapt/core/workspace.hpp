#pragma once
/// \file  Memory that kernels work in, kept by each thread between calls.

#include <rapt/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace rapt {

namespace detail {

struct FreeAligned {
  void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{64}); }
};

/// Memory of one thread, used as a stack: a kernel that calls another leaves it the next block.
class ThreadWorkspace {
 public:
  // Enough for the usual call, so that which thread gets which chunk does not decide who allocates when.
  static constexpr std::size_t first_bytes = 1024 * 1024, first_blocks = 2;

  ThreadWorkspace() : blocks_(first_blocks) {
    for (auto& block : blocks_) block.grow(first_bytes);
  }

  std::byte* take(std::size_t bytes) {
    if (used_ == blocks_.size()) blocks_.emplace_back();
    Block& block = blocks_[used_];
    if (block.size < bytes) block.grow(std::max(bytes, first_bytes));
    ++used_;
    return block.memory.get();
  }
  void give_back() { --used_; }

 private:
  struct Block {
    std::unique_ptr<std::byte, FreeAligned> memory;
    std::size_t size = 0;
    void grow(std::size_t bytes) {
      memory.reset();
      size = 0;
      memory.reset(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64})));
      size = bytes;
    }
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;
};

/// Where this thread's workspace is: the pool gives its threads theirs, any other has its own.
inline ThreadWorkspace*& given_workspace() {
  static thread_local ThreadWorkspace* given = nullptr;
  return given;
}
inline ThreadWorkspace& thread_workspace() {
  if (given_workspace() != nullptr) return *given_workspace();
  static thread_local ThreadWorkspace own;
  return own;
}

}  // namespace detail

/// Room for `count` values of T on the calling thread, not initialised, at a multiple of 64 bytes, until the
/// end of the scope. The thread keeps the memory for its next use: a warm step allocates nothing.
/// \note Scopes nest; a Workspace is destroyed on the thread that made it, the last one first.
template <class T>
class Workspace {
  static_assert(std::is_trivial_v<T>);

 public:
  explicit Workspace(Index count)
      : owner_(detail::thread_workspace()),
        data_(reinterpret_cast<T*>(owner_.take(static_cast<std::size_t>(count) * sizeof(T)))) {}
  ~Workspace() { owner_.give_back(); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  T* data() const { return data_; }

 private:
  detail::ThreadWorkspace& owner_;
  T* data_;
};

}  // namespace rapt
