#pragma once
// Counts every call of malloc, calloc, realloc and aligned allocation in the process, on all threads.

namespace rapt_test {

/// False under sanitizers and outside glibc, where malloc cannot be interposed: tests then say that they
/// skip.
bool can_count_allocations();
long allocation_count();

}  // namespace rapt_test
