#include "cli/guard.h"

#include <cstdio>

#include "cli/exit_codes.h"
#include "cli/failure.h"
#include "dataplane/driver/capture_reader.h"

namespace erbium::cli {

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const dp::CaptureError& error) {
    std::fprintf(stderr, "erbium: %s\n", error.what());
    return kInvalid;
  } catch (const std::exception&) {
    return print_failure("erbium");
  }
}

}  // namespace erbium::cli
