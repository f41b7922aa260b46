# The sanitizer presets' compiler: clang where it is found (it compiles Eigen at -O0 in half of g++'s time), else g++.
if(NOT CMAKE_CXX_COMPILER)
  find_program(RAPT_CLANG NAMES clang++-14 clang++)
  if(RAPT_CLANG)
    set(CMAKE_CXX_COMPILER ${RAPT_CLANG})
    set(CMAKE_CXX_FLAGS_INIT "-fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer_ignore.txt")
  endif()
endif()
