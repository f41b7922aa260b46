# Compiles the consumer as a user without CMake would, and runs it.
set(consumers ${CMAKE_CURRENT_LIST_DIR}/../consumers)
execute_process(COMMAND ${COMPILER} -std=c++20 -O1 -I ${CMAKE_CURRENT_LIST_DIR}/../../include ${SYSTEM}
                        ${consumers}/main.cpp -o ${PROGRAM} -pthread COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${PROGRAM} COMMAND_ERROR_IS_FATAL ANY)
