// ERBIUM_CHECK: for mistakes of the programmer. Aborts in every build with the place and the
// condition; never used for anything that input can bring about.
#pragma once

#include <cstdio>
#include <cstdlib>

#define ERBIUM_CHECK(condition)                                                            \
  do {                                                                                     \
    if (!(condition)) [[unlikely]] {                                                       \
      /* lint: log ok, last words before abort */ \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition);    \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)
