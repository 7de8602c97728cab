// ERBIUM_CHECK: for mistakes of the programmer. Aborts in every build with the place and the
// condition; never used for anything that input can bring about.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace erbium {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  // lint: log ok, last words before abort
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace erbium

#define ERBIUM_CHECK(condition) \
  ((condition) ? void() : ::erbium::check_failed(__FILE__, __LINE__, #condition))
