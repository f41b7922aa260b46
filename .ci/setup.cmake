# What .ci/run needs beside what the README's second command brings, with LONG=ON what .ci/long needs too:
#   cmake [-D LONG=ON] [-D BENCH=ON] -P .ci/setup.cmake
# With BENCH=ON also the peers of the benchmark that Debian has (libtorch is large).
set(PROGRAM ci)
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/setup.cmake")
set(tools zlib1g-dev clang clang-format libclang-rt-14-dev libbenchmark-dev)
if(LONG)
  list(APPEND tools g++-aarch64-linux-gnu qemu-user gcovr)
endif()
if(BENCH)
  list(APPEND tools libtorch-dev libopenblas-dev libdlib-dev)
endif()
rapt_provide(REQUIRED libeigen3-dev catch2 libcli11-dev nlohmann-json3-dev libstb-dev OPTIONAL ${tools})
