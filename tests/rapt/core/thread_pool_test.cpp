#include <rapt/core/thread_pool.hpp>

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using rapt::ChunkTask;
using rapt::Index;
using rapt::detail::ThreadPool;

TEST_CASE("A pool runs each chunk once in every one of many short jobs", "[core][parallel][threads]") {
  ThreadPool pool(3);
  std::vector<int> hits(16);
  for (Index job = 0; job < 2000; ++job) {
    const Index chunks = job % 17;
    auto body = [&](Index chunk) { ++hits[static_cast<std::size_t>(chunk)]; };
    REQUIRE(pool.run(chunks, ChunkTask(body)));
    for (Index chunk = 0; chunk < 16; ++chunk) {
      REQUIRE(hits[static_cast<std::size_t>(chunk)] == (chunk < chunks ? 1 : 0));
      hits[static_cast<std::size_t>(chunk)] = 0;
    }
  }
}

TEST_CASE("The pool's threads work beside the caller", "[core][parallel][threads]") {
  ThreadPool pool(1);
  std::array<std::thread::id, 2> who;
  std::atomic<int> arrived{0};
  auto body = [&](Index chunk) {
    who[static_cast<std::size_t>(chunk)] = std::this_thread::get_id();
    ++arrived;
    while (arrived != 2) std::this_thread::yield();  // ends only if two threads are here at once
  };
  REQUIRE(pool.run(2, ChunkTask(body)));
  CHECK(who[0] != who[1]);
}

TEST_CASE("A busy pool says so and does nothing", "[core][parallel][threads]") {
  ThreadPool pool(1);
  std::atomic<bool> refused{false};
  std::atomic<int> ran{0};
  auto inner = [&](Index) { ++ran; };
  auto outer = [&](Index) { std::thread([&] { refused = !pool.run(4, ChunkTask(inner)); }).join(); };
  REQUIRE(pool.run(1, ChunkTask(outer)));
  CHECK(refused);
  CHECK(ran == 0);
}

TEST_CASE("A pool lives on after a chunk has thrown", "[core][parallel][threads]") {
  ThreadPool pool(2);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran{0};
    auto body = [&](Index chunk) {
      ++ran;
      if (chunk >= 3) throw std::runtime_error(std::to_string(chunk));
    };
    REQUIRE_THROWS_WITH(pool.run(8, ChunkTask(body)), "3");
    REQUIRE(ran == 8);
  }
}

TEST_CASE("Pools that never worked end at once", "[core][parallel][threads]") {
  for (int i = 0; i < 50; ++i) {
    const ThreadPool pool(i % 4);
    REQUIRE(pool.workers() == i % 4);
  }
}
