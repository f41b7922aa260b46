# Shared by .ci/run and .ci/long: steps that go on after a failure, are timed, and are summed up. Sourced, not run.
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
export CMAKE_BUILD_PARALLEL_LEVEL CTEST_PARALLEL_LEVEL
failed=""
table=""

# step NAME COMMAND…: runs it, notes how long it took and whether it failed.
step() {
  local name=$1 begin=$SECONDS result=passed
  shift
  printf '\n== ci: %s: %s\n' "$name" "$*"
  "$@" || { result=FAILED; failed="$failed $name"; printf '== ci: step %s failed\n' "$name"; }
  table="$table$(printf '%-14s %3d:%02d  %s' "$name" $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$result")"$'\n'
}

skip() {
  printf '\n== ci: step %s is skipped: %s\n' "$1" "$2"
  table="$table$(printf '%-14s    --  skipped: %s' "$1" "$2")"$'\n'
}

# preset NAME: configures, builds and tests one preset.
preset() { cmake --preset "$1" && cmake --build --preset "$1" && ctest --preset "$1"; }

summary() { printf '\n== ci: minutes so far\n%s' "$table"; }
