#include <rapt/optim/schedule.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <string>

namespace {

template <class Schedule>
void check_schedule_against(const std::string& name, const Schedule& schedule) {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/schedule.txt");
  const auto factors = golden.tensor<double, 1>(name);
  INFO(name);
  for (rapt::Index step = 0; step < factors.size(); ++step) {
    INFO("step " << step);
    CHECK(std::abs(schedule(step) - factors(step)) < 1e-10);
  }
}

}  // namespace

TEST_CASE("Schedules give the factors worked out by hand", "[optim][schedule]") {
  const rapt::StepSchedule step{.every = 10, .factor = 0.5};
  CHECK(step(9) == 1);
  CHECK(step(10) == 0.5);
  CHECK(step(29) == 0.25);
  const rapt::CosineSchedule cosine{.steps = 8, .floor = 0.5};
  CHECK(cosine(0) == 1);
  CHECK(cosine(4) == Catch::Approx(0.75));
  CHECK(cosine(8) == 0.5);
  CHECK(cosine(1000) == 0.5);
  const rapt::WarmupSchedule warmup{.steps = 4, .start = 0};
  CHECK(warmup(0) == 0);
  CHECK(warmup(1) == 0.25);
  CHECK(warmup(4) == 1);
  CHECK(warmup(99) == 1);
}

TEST_CASE("Warm-up and cosine join where the first ends", "[optim][schedule]") {
  const auto schedule = rapt::warmup_then_cosine(10, 110, 0.01, 0.1);
  CHECK(schedule(0) == 0.01);
  CHECK(schedule(10) == 1);
  CHECK(schedule(60) == Catch::Approx(0.55));
  CHECK(schedule(110) == 0.1);
  const rapt::SequentialSchedule nested{5, rapt::StepSchedule{.every = 2}, schedule};
  CHECK(nested(2) == Catch::Approx(0.1));
  CHECK(nested(15) == 1);
}

TEST_CASE("Schedules agree with PyTorch", "[optim][schedule][golden]") {
  check_schedule_against("step", rapt::StepSchedule{.every = 3, .factor = 0.5});
  check_schedule_against("cosine", rapt::CosineSchedule{.steps = 12, .floor = 0.1});
  check_schedule_against("warmup", rapt::WarmupSchedule{.steps = 5, .start = 0.2});
  check_schedule_against("warmup_then_cosine", rapt::warmup_then_cosine(4, 13, 0.2, 0.1));
}
