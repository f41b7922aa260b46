# Builds the recommender, trains it on the bundled interactions and shows what it learned:
#   cmake -P cmake/demo.cmake [--no-install]
# It needs a C++20 compiler, make, git and CMake; what else is missing it installs, and says so before.
set(PROGRAM demo)
include("${CMAKE_CURRENT_LIST_DIR}/setup.cmake")

set(data examples/recommender/data)
set(recommend build/demo/bin/rapt-recommend)
set(model build/demo/debian.safetensors)

rapt_provide(REQUIRED libeigen3-dev libcli11-dev nlohmann-json3-dev OPTIONAL zlib1g-dev)
rapt_step(configure ${CMAKE_COMMAND} --preset demo)
if(NOT EXISTS "${RAPT_ROOT}/examples/recommender/main.cpp")
  rapt_say("the program rapt-recommend has not landed yet, this builds what there is")
  rapt_step(build ${CMAKE_COMMAND} --build build/demo)
  return()
endif()
rapt_step(build ${CMAKE_COMMAND} --build --preset demo)
rapt_step(compare ${recommend} compare --data ${data} --settings ${data}/settings.json)
