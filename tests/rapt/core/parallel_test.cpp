#include <rapt/core/parallel.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using rapt::Index;

namespace {

// Threads for one test, and everything as it was after it.
struct ParallelSetting {
  explicit ParallelSetting(Index threads) {
    rapt::set_threads(threads);
    rapt::set_parallel_threshold(0);
  }
  ~ParallelSetting() {
    rapt::set_threads(1);
    rapt::set_parallel_threshold(100'000);
    rapt::set_executor({});
  }
  ParallelSetting(const ParallelSetting&) = delete;
};

// Waits until as many chunks are running at once: ends only where they have threads of their own.
struct ParallelMeeting {
  std::atomic<int> arrived{0};
  void meet(int expected) {
    ++arrived;
    while (arrived < expected) std::this_thread::yield();
  }
};

void parallel_on_three_threads(Index chunks, const rapt::ChunkTask& task) {
  std::atomic<Index> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (Index chunk = next++; chunk < chunks; chunk = next++) task(chunk);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("One thread is the default and less is refused", "[core][parallel]") {
  CHECK(rapt::threads() == 1);
  const ParallelSetting setting(3);
  CHECK(rapt::threads() == 3);
  CHECK_THROWS_WITH(rapt::set_threads(0), "rapt::set_threads: 0 threads, expected at least 1");
  CHECK(rapt::threads() == 3);
}

TEST_CASE("parallel_for really works on two threads", "[core][parallel][threads]") {
  const ParallelSetting setting(2);
  ParallelMeeting meeting;
  std::vector<std::thread::id> who(2);
  rapt::parallel_for(2, 1, [&](Index chunk) {
    who[static_cast<std::size_t>(chunk)] = std::this_thread::get_id();
    meeting.meet(2);
  });
  CHECK(who[0] != who[1]);
}

TEST_CASE("Little work and single chunks and one thread run inline and in order", "[core][parallel]") {
  const ParallelSetting setting(2);
  std::vector<Index> order;
  const auto note = [&](Index chunk) { order.push_back(chunk); };
  rapt::set_parallel_threshold(100);
  rapt::parallel_for(9, 11, note);
  rapt::set_parallel_threshold(0);
  rapt::parallel_for(1, 1000, note);
  rapt::parallel_for(0, 1000, note);
  rapt::set_threads(1);
  rapt::parallel_for(2, 1000, note);
  CHECK(order == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 1});
}

TEST_CASE("A nested parallel_for runs inline on the thread of its chunk", "[core][parallel][threads]") {
  const ParallelSetting setting(2);
  ParallelMeeting meeting;
  std::atomic<int> strangers{0}, runs{0};
  rapt::parallel_for(2, 1, [&](Index) {
    meeting.meet(2);
    const auto me = std::this_thread::get_id();
    rapt::parallel_for(50, 1, [&](Index) {
      ++runs;
      if (std::this_thread::get_id() != me) ++strangers;
    });
  });
  CHECK(runs == 100);
  CHECK(strangers == 0);
}

TEST_CASE("Two threads of the user share the pool and both get all their chunks",
          "[core][parallel][threads]") {
  const ParallelSetting setting(3);
  std::vector<std::vector<int>> hits(2, std::vector<int>(40));
  const auto use = [&](std::size_t user) {
    for (int job = 0; job < 300; ++job)
      rapt::parallel_for(40, 1, [&](Index chunk) { ++hits[user][static_cast<std::size_t>(chunk)]; });
  };
  std::thread other(use, 0);
  use(1);
  other.join();
  CHECK(hits == std::vector<std::vector<int>>(2, std::vector<int>(40, 300)));
}

TEST_CASE("parallel_for throws what the lowest failing chunk threw at any number of threads",
          "[core][parallel][threads]") {
  for (const Index threads : {1, 2, 3}) {
    const ParallelSetting setting(threads);
    const auto body = [](Index chunk) {
      if (chunk >= 4) throw std::runtime_error("chunk " + std::to_string(chunk));
    };
    CHECK_THROWS_WITH(rapt::parallel_for(20, 1, body), "chunk 4");
    rapt::set_executor(parallel_on_three_threads);
    CHECK_THROWS_WITH(rapt::parallel_for(20, 1, body), "chunk 4");
  }
}

TEST_CASE("An executor of the user runs the chunks and nested calls stay inline on its threads",
          "[core][parallel][threads]") {
  const ParallelSetting setting(1);
  rapt::set_executor(parallel_on_three_threads);
  std::mutex mutex;
  std::set<std::thread::id> workers;
  ParallelMeeting meeting;
  std::atomic<int> strangers{0}, nested{0};
  rapt::parallel_for(3, 1, [&](Index) {
    meeting.meet(3);
    const auto me = std::this_thread::get_id();
    {
      const std::lock_guard lock(mutex);
      workers.insert(me);
    }
    rapt::parallel_for(5, 1, [&](Index) {
      ++nested;
      if (std::this_thread::get_id() != me) ++strangers;
    });
  });
  CHECK(workers.size() == 3);
  CHECK_FALSE(workers.contains(std::this_thread::get_id()));
  CHECK(nested == 15);
  CHECK(strangers == 0);
}

TEST_CASE("parallel_for_range covers the range in pieces of the grain", "[core][parallel]") {
  std::vector<std::pair<Index, Index>> pieces;
  const auto note = [&](Index from, Index to) { pieces.emplace_back(from, to); };
  rapt::parallel_for_range(7, 3, 1, note);
  rapt::parallel_for_range(6, 3, 1, note);
  rapt::parallel_for_range(0, 3, 1, note);
  CHECK(pieces == std::vector<std::pair<Index, Index>>{{0, 3}, {3, 6}, {6, 7}, {0, 3}, {3, 6}});
}

TEST_CASE("A warm parallel_for allocates nothing", "[core][parallel][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  const ParallelSetting setting(2);
  std::vector<double> out(64);
  const auto job = [&] {
    rapt::parallel_for(64, 1, [&](Index chunk) { out[static_cast<std::size_t>(chunk)] += 1; });
  };
  for (int i = 0; i < 10; ++i) job();
  const long before = rapt_test::allocation_count();
  for (int i = 0; i < 100; ++i) job();
  CHECK(rapt_test::allocation_count() == before);
}
