# What .ci/run needs beside what the README's second command brings:   cmake -P .ci/setup.cmake
set(PROGRAM ci)
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/setup.cmake")
rapt_provide(REQUIRED libeigen3-dev catch2 libcli11-dev nlohmann-json3-dev
             OPTIONAL zlib1g-dev clang clang-format libclang-rt-14-dev libbenchmark-dev)
