// Google Benchmark's interleaving shuffles repetitions; it does not pair them into rounds, from which the
// ratio of neighbours in time follows, nor compares results first. Hence a loop of our own.
#include "report/contest.hpp"

#include "report/clock.hpp"
#include "report/memory.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

namespace rapt_bench {
namespace {

constexpr double least_turn = 5e-3, case_budget = 20;
constexpr int fewest_rounds = 5, most_rounds = 21;
// Idle threads of libgomp, OpenBLAS and ONNX Runtime spin for up to some 30 ms before they sleep.
constexpr auto time_to_fall_asleep = std::chrono::milliseconds(60);

struct Entrant {
  Library* library;
  Side side;
  int calls = 1;                  // in one turn
  double once = 0;                // seconds of a warm call
  double elsewhere = 0;           // CPU seconds that other threads took meanwhile
  std::vector<double> seconds{};  // of one call, round by round

  double shortest() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

void take_turn(Entrant& e, int threads) {
  if (threads > 1) std::this_thread::sleep_for(time_to_fall_asleep);
  if (e.once < 1e-3 || (threads > 1 && e.once < 0.1)) e.side.run();  // wakes caches and threads
  const Clock clock(threads);
  const double begin = clock.now(), process = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  for (int n = 0; n < e.calls; ++n) e.side.run();
  const double taken = clock.now() - begin;
  e.elsewhere += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - process - taken;
  e.seconds.push_back(taken / e.calls);
}

void expect_agreement(const std::string& name, const Entrant& ours, const Entrant& peer) {
  const auto expected = peer.side.results(), got = ours.side.results();
  const std::string who = name + ": rapt and " + std::string(peer.library->name()) + " " + peer.side.way;
  if (got.size() != expected.size()) throw Disagreement(who + " return different numbers of results");
  for (std::size_t r = 0; r < got.size(); ++r) {
    if (got[r].size() != expected[r].size()) throw Disagreement(who + " return results of different sizes");
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < got[r].size(); ++i) {
      const double x = got[r][i], y = expected[r][i], d = std::abs(x - y);
      largest = std::max(largest, std::abs(y));
      if (!(d <= difference)) difference = d;  // NaN too
    }
    constexpr double tolerance = 1e-3;
    if (!(difference <= tolerance * largest)) {
      throw Disagreement(who + " differ in result " + std::to_string(r) + " by " +
                         std::to_string(difference) + " of " + std::to_string(largest));
    }
  }
}

std::vector<Entrant> enter(const Problem& problem, const std::vector<std::unique_ptr<Library>>& libraries) {
  std::vector<Entrant> entrants;
  for (const auto& library : libraries) {
    for (Side& side : problem.pose(*library)) entrants.push_back({library.get(), std::move(side)});
  }
  return entrants;
}

void warm_up(Entrant& e, int threads) {
  const Clock clock(threads);
  e.side.run();  // the first call allocates
  const double begin = clock.now();
  e.side.run();
  e.once = clock.now() - begin;
  e.calls = static_cast<int>(std::clamp(std::ceil(least_turn / std::max(e.once, 1e-9)), 1.0, 1e5));
}

CaseResult conclude(const Case& c, const std::vector<Entrant>& entrants, int threads) {
  const Entrant& ours = entrants.front();
  CaseResult result{.name = c.name, .operations = c.operations, .seconds = ours.shortest()};
  for (const Entrant& e : entrants) {
    const double all = e.calls * e.once * static_cast<double>(e.seconds.size());
    if (threads == 1 && e.elsewhere > 0.05 * all + 1e-3) {
      result.warnings.push_back(std::string(e.library->name()) +
                                " ran on other threads too: its time is too short");
    }
    if (&e == &ours) continue;
    std::vector<double> ratios;
    for (std::size_t r = 0; r < e.seconds.size(); ++r) ratios.push_back(e.seconds[r] / ours.seconds[r]);
    result.peers.push_back({.peer = std::string(e.library->name()),
                            .way = e.side.way,
                            .seconds = e.shortest(),
                            .ratio_min = e.shortest() / ours.shortest(),
                            .ratio_median = median(ratios)});
  }
  std::stable_sort(result.peers.begin(), result.peers.end(), [](const PeerResult& a, const PeerResult& b) {
    return a.peer == b.peer && a.seconds < b.seconds;
  });
  return result;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

CaseResult run_contest(const Case& c, const std::vector<std::unique_ptr<Library>>& libraries,
                       ContestSettings settings) {
  const auto problem = c.problem();
  auto entrants = enter(*problem, libraries);
  double round = 0;
  for (Entrant& e : entrants) {
    warm_up(e, settings.threads);
    if (&e != &entrants.front()) expect_agreement(c.name, entrants.front(), e);
    round += e.calls * e.once;
  }
  const int rounds = settings.rounds > 0
                         ? settings.rounds
                         : std::clamp(static_cast<int>(case_budget / round), fewest_rounds, most_rounds);
  for (int r = 0; r < rounds; ++r) {
    for (Entrant& e : entrants) take_turn(e, settings.threads);
  }
  CaseResult result = conclude(c, entrants, settings.threads);
  if (c.memory) {
    entrants.clear();  // their memory is wanted by the processes to come
    result.extra_memory = extra_memory(c.name, std::string(libraries.front()->name()), "");
    for (PeerResult& p : result.peers) p.extra_memory = extra_memory(c.name, p.peer, p.way);
  }
  return result;
}

}  // namespace rapt_bench
