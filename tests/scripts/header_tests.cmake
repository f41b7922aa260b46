# Each header alone, syntax only, under each compiler that is there. Included by tests/CMakeLists.txt.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/*.hpp)
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
foreach(compiler IN LISTS RAPT_HEADER_COMPILERS)
  find_program(RAPT_COMPILER_${compiler} ${compiler})
  if(NOT RAPT_COMPILER_${compiler})
    message(STATUS "rapt: headers are not checked under ${compiler}, it is not installed")
    continue()
  endif()
  foreach(header IN LISTS headers)
    add_test(NAME "header ${header} compiles alone under ${compiler}"
             COMMAND ${RAPT_COMPILER_${compiler}} -std=c++20 -fsyntax-only -DRAPT_CHECK_CONCEPTS ${warnings} -I ${PROJECT_SOURCE_DIR}/include
                     ${system_folders} -x c++ -include ${header} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/empty.cpp)
  endforeach()
endforeach()
