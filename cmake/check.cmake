# Builds everything and passes the tests:   cmake -P cmake/check.cmake [--no-install]
# It needs a C++20 compiler, make, git and CMake; what else is missing it installs, and says so before.
set(PROGRAM check)
include("${CMAKE_CURRENT_LIST_DIR}/setup.cmake")

rapt_provide(REQUIRED libeigen3-dev catch2 libcli11-dev nlohmann-json3-dev libstb-dev OPTIONAL zlib1g-dev)
rapt_step(configure ${CMAKE_COMMAND} --preset test)
rapt_step(build ${CMAKE_COMMAND} --build --preset test)
rapt_step(test ${CMAKE_CTEST_COMMAND} --preset test)
