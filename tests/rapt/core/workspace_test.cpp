#include <rapt/core/workspace.hpp>

#include <rapt/core/parallel.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <thread>

using rapt::Index;
using rapt::Workspace;

TEST_CASE("Workspace is aligned and nests without overlap", "[core][workspace]") {
  const Workspace<float> a(100);
  const Workspace<double> b(7);
  const Workspace<float> c(1'000'000);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(c.data()) % 64 == 0);
  for (Index i = 0; i < 100; ++i) a.data()[i] = 1;
  for (Index i = 0; i < 7; ++i) b.data()[i] = 2;
  for (Index i = 0; i < 1'000'000; ++i) c.data()[i] = 3;
  CHECK(a.data()[0] == 1);
  CHECK(a.data()[99] == 1);
  CHECK(b.data()[0] == 2);
  CHECK(b.data()[6] == 2);
}

TEST_CASE("Workspace of the same thread is the same memory again and a warm one allocates nothing",
          "[core][workspace][allocation]") {
  float* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    const long before = rapt_test::allocation_count();
    const Workspace<float> outer(300'000);
    const Workspace<float> inner(300);
    if (i == 0) {
      first = outer.data();
    } else {
      CHECK(outer.data() == first);
      CHECK(rapt_test::allocation_count() == before);
    }
  }
}

TEST_CASE("Workspace of nothing can be asked for", "[core][workspace]") {
  CHECK_NOTHROW(Workspace<float>(0));
}

TEST_CASE("Workspace of another thread is other memory", "[core][workspace][threads]") {
  const Workspace<float> mine(16);
  float* other = nullptr;
  std::thread([&] {
    const Workspace<float> its(16);
    other = its.data();
  }).join();
  CHECK(other != mine.data());
}

TEST_CASE("Workspace in the chunks of a new pool allocates nothing",
          "[core][workspace][threads][allocation]") {
  { const Workspace<float> warm(1000); }
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const long before = rapt_test::allocation_count();
  rapt::parallel_for(64, 1000, [](Index chunk) {
    const Workspace<float> own(1000);
    own.data()[0] = static_cast<float>(chunk);
  });
  CHECK(rapt_test::allocation_count() == before);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}
