#include "support/allocation_counter.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RAPT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define RAPT_TEST_SANITIZED 1
#endif
#endif

namespace {
std::atomic<long> allocation_counter_calls{0};
}

namespace rapt_test {
long allocation_count() { return allocation_counter_calls.load(); }
}  // namespace rapt_test

#if defined(__GLIBC__) && !defined(RAPT_TEST_SANITIZED)

namespace rapt_test {
bool can_count_allocations() { return true; }
}  // namespace rapt_test

// A counting operator new would miss Eigen's packing buffers, which come from malloc.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  ++allocation_counter_calls;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocation_counter_calls;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocation_counter_calls;
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++allocation_counter_calls;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}

#else

namespace rapt_test {
bool can_count_allocations() { return false; }
}  // namespace rapt_test

#endif
