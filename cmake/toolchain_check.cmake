# g++ 12 silently miscompiles common coroutine shapes (see docs/adr/0001-toolchain.md), so it may not build Parley.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines. Use clang-19: `cmake --preset release`, or `make build`.")
endif()
