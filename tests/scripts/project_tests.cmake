# ctest entries for the project itself. Included by tests/CMakeLists.txt.
set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/scripts)

# ---- the layout ----
foreach(part IN ITEMS floors mirror sizes long_bodies names top_level)
  add_test(NAME "layout ${part}" COMMAND ${CMAKE_COMMAND} -D PART=${part} -P ${scripts}/check_layout.cmake)
endforeach()
set_tests_properties("layout top_level" PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
add_test(NAME "layout umbrella" COMMAND ${CMAKE_COMMAND} -D CHECK=ON -P ${PROJECT_SOURCE_DIR}/cmake/umbrella.cmake)

# ---- two units that include everything link (a missing inline would not) ----
# The umbrella leaves recommend/ out; both units include it all the same.
file(GLOB recommend_headers RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/rapt/recommend/*.hpp)
list(TRANSFORM recommend_headers REPLACE "(.+)" "#include <\\1>")
list(JOIN recommend_headers "\n" recommend_includes)
file(CONFIGURE OUTPUT two_units/recommend.hpp CONTENT "#pragma once\n@recommend_includes@\n" @ONLY)
add_executable(rapt_two_units consumers/two_units/first.cpp consumers/two_units/second.cpp)
target_link_libraries(rapt_two_units PRIVATE rapt::rapt rapt_warnings)
target_include_directories(rapt_two_units PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/two_units)
add_test(NAME "consumer two_units" COMMAND rapt_two_units)

# ---- a unit built for AVX2 beside a plain one ----
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  add_executable(rapt_mixed_flags consumers/mixed_flags/plain.cpp consumers/mixed_flags/avx2.cpp)
  set_source_files_properties(consumers/mixed_flags/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  target_link_libraries(rapt_mixed_flags PRIVATE rapt::rapt rapt_warnings)
  add_test(NAME "consumer mixed_flags" COMMAND rapt_mixed_flags)
  set_tests_properties("consumer mixed_flags" PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
else()
  message(STATUS "rapt: consumer mixed_flags is skipped, ${CMAKE_SYSTEM_PROCESSOR} has no AVX2")
endif()

# ---- the ways of consuming the library, built as a user would ----
set(stage ${CMAKE_CURRENT_BINARY_DIR}/stage)
add_test(NAME "consumer install" COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${stage})
set_tests_properties("consumer install" PROPERTIES FIXTURES_SETUP stage)
set(local_copies "")
foreach(name IN ITEMS EIGEN NLOHMANN_JSON)  # where our own configure had to fetch, the consumers use that copy
  string(TOLOWER ${name} lower)
  if(${lower}_SOURCE_DIR)
    list(APPEND local_copies -DFETCHCONTENT_SOURCE_DIR_${name}=${${lower}_SOURCE_DIR})
  endif()
endforeach()
foreach(way IN ITEMS find_package add_subdirectory fetch_content)
  add_test(NAME "consumer ${way}"
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/consumers/${way}
                   ${CMAKE_CURRENT_BINARY_DIR}/consumers/${way} --build-generator ${CMAKE_GENERATOR}
                   --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_PREFIX_PATH=${stage}
                   -DRAPT_SOURCE=${PROJECT_SOURCE_DIR} ${local_copies} --test-command consumer)
  set_tests_properties("consumer ${way}" PROPERTIES FIXTURES_REQUIRED stage)
endforeach()
if(eigen_SOURCE_DIR)  # the installed package looks for an installed Eigen, and here there is none
  set_tests_properties("consumer find_package" PROPERTIES DISABLED ON)
endif()
add_test(NAME "consumer plain_include"
         COMMAND ${CMAKE_COMMAND} -D COMPILER=${CMAKE_CXX_COMPILER} -D "SYSTEM=${system_folders}"
                 -D PROGRAM=${CMAKE_CURRENT_BINARY_DIR}/plain_include -P ${scripts}/compile_plainly.cmake)

# ---- what it costs to include a header, as multiples of Eigen/Core ----
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND UNIX AND NOT CMAKE_CROSSCOMPILING
   AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize|--coverage")
  add_executable(rapt_include_cost consumers/include_cost/main.cpp)
  target_link_libraries(rapt_include_cost PRIVATE rapt_warnings)
  target_compile_features(rapt_include_cost PRIVATE cxx_std_20)
  # A bound on growth for the umbrella: the aim is 2.5.
  foreach(bound IN ITEMS "1.5 rapt/nn/linear.hpp" "1.5 rapt/attention/multihead_attention.hpp" "4 rapt/rapt.hpp")
    separate_arguments(bound)
    list(GET bound 1 header)
    add_test(NAME "include cost of ${header}"
             COMMAND rapt_include_cost ${bound} ${CMAKE_CXX_COMPILER} -I ${PROJECT_SOURCE_DIR}/include
                     ${system_folders})
  endforeach()
else()
  message(STATUS "rapt: include cost is skipped, it is measured with a native g++ without sanitizers")
endif()

# ---- flags that would remove every check for NaN are refused, with our message ----
add_test(NAME "compile fast_math is refused"
         COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -ffast-math -fsyntax-only -I ${PROJECT_SOURCE_DIR}/include
                 ${system_folders} -x c++ -include rapt/core/shape.hpp ${scripts}/empty.cpp)
set_tests_properties("compile fast_math is refused" PROPERTIES PASS_REGULAR_EXPRESSION "rapt: -ffast-math")

# ---- a critic with a layer that has no tangent takes no gradient penalty, and the message names the layer ----
foreach(case IN ITEMS "" "-DWITHOUT_PENALTY")
  set(name "compile penalty_without_tangent ${case}")
  string(STRIP "${name}" name)
  add_test(NAME "${name}"
           COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only ${case} -I ${PROJECT_SOURCE_DIR}/include
                   ${system_folders} ${scripts}/penalty_without_tangent.cpp)
endforeach()
set_tests_properties("compile penalty_without_tangent" PROPERTIES PASS_REGULAR_EXPRESSION
  "L = DoublerWithoutTangent.*a gradient penalty differentiates|a gradient penalty differentiates.*expect_tangent_layer<DoublerWithoutTangent>")

# ---- the README's code: every block compiles alone, and one that has a main is run ----
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
set(README ${PROJECT_SOURCE_DIR}/README.md)
set(FOLDER ${CMAKE_CURRENT_BINARY_DIR}/readme)
include(scripts/readme_blocks.cmake)
foreach(block IN LISTS readme_fragments)
  cmake_path(GET block STEM id)
  add_library(rapt_readme_${id} OBJECT ${block})
  target_link_libraries(rapt_readme_${id} PRIVATE rapt::io rapt_warnings)
endforeach()
foreach(block IN LISTS readme_programs)
  cmake_path(GET block STEM id)
  add_executable(rapt_readme_${id} ${block})
  target_link_libraries(rapt_readme_${id} PRIVATE rapt::io rapt_warnings)
  add_test(NAME "readme ${id} runs" COMMAND rapt_readme_${id})
endforeach()

# ---- the examples that end by themselves ----
foreach(example IN ITEMS quickstart attention_tour)
  if(TARGET ${example})
    add_test(NAME "example ${example} runs" COMMAND ${example})
  endif()
endforeach()
if(TARGET torch_weights)
  add_test(NAME "example torch_weights predicts what PyTorch predicted"
           COMMAND torch_weights ${PROJECT_SOURCE_DIR}/examples/torch_weights)
endif()
if(TARGET gan_toy2d)
  foreach(part IN ITEMS usage files learns)
    add_test(NAME "example gan_toy2d ${part}"
             COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:gan_toy2d> -D PART=${part}
                     -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/gan_toy2d/${part} -P ${scripts}/gan_toy2d_program.cmake)
  endforeach()
endif()
if(TARGET sagan_images)
  foreach(part IN ITEMS usage bad_files files threads)
    add_test(NAME "example sagan_images ${part}"
             COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:sagan_images> -D PART=${part}
                     -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/sagan_images/${part} -P ${scripts}/sagan_images_program.cmake)
  endforeach()
endif()
if(TARGET rapt-recommend)
  foreach(part IN ITEMS help usage bad_files round_trip compare)
    add_test(NAME "example rapt-recommend ${part}"
             COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:rapt-recommend> -D PART=${part}
                     -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/recommend/${part} -P ${scripts}/recommend_program.cmake)
  endforeach()
  add_test(NAME "example rapt-recommend details"
           COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:rapt-recommend>
                   -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/recommend/details -P ${scripts}/recommend_details.cmake)
endif()
