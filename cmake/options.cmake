option(PARLEY_BENCH "Build the benchmarks." ON)
option(PARLEY_FUZZ "Build libFuzzer targets instead of seed replayers." OFF)
set(PARLEY_SANITIZE "" CACHE STRING "Sanitizers for every target, as in -fsanitize=.")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_PCH_INSTANTIATE_TEMPLATES OFF)

find_program(PARLEY_CCACHE ccache)
if(PARLEY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PARLEY_CCACHE})
endif()

add_library(parley_flags INTERFACE)
target_compile_options(parley_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-designated-field-initializers -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Wthread-safety -Werror
  -fno-omit-frame-pointer -fPIC
  # ccache can only trust a precompiled header that carries no time stamp.
  "SHELL:-Xclang -fno-pch-timestamp")
target_link_options(parley_flags INTERFACE -fuse-ld=lld-19)
if(PARLEY_SANITIZE)
  target_compile_options(parley_flags INTERFACE -fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(parley_flags INTERFACE -fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_FUZZ)
  target_compile_options(parley_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Boost: Asio is compiled once (src/net/asio_impl.cc), never header-only.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
