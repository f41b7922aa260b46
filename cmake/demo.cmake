# Builds the recommender, trains it on the bundled interactions and shows what it learned:
#   cmake -P cmake/demo.cmake [--no-install]
# It needs a C++20 compiler, make, git and CMake; what else is missing it installs, and says so before.
set(PROGRAM demo)
include("${CMAKE_CURRENT_LIST_DIR}/setup.cmake")

set(data examples/recommender/data)
set(settings ${data}/settings.json)  # found by compare on the holdouts; the file says by which command
string(CONCAT models "TopPop,ItemKNN,EASE,attention-gan,attention-gan-no-adversary,attention-gan-no-attention,"
                     "attention-gan-no-linear")
set(program build/demo/bin/rapt-recommend)
set(model build/demo/debian.safetensors)

rapt_provide(REQUIRED libeigen3-dev libcli11-dev nlohmann-json3-dev OPTIONAL zlib1g-dev)
rapt_step(configure ${CMAKE_COMMAND} --preset demo -D RAPT_PICTURES=OFF)  # the recommender writes none
rapt_step(build ${CMAKE_COMMAND} --build --preset demo)
rapt_step(compare ${program} compare --data ${data} --models ${models} --settings ${settings} --save-model ${model})
rapt_step(recommend ${program} recommend ${model} --items libeigen3-dev,libpng-dev,zlib1g-dev -n 6)
rapt_step(explain ${program} explain ${model} --items libeigen3-dev,libpng-dev,zlib1g-dev --item libjpeg-dev)
