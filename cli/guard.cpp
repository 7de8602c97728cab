#include "cli/guard.h"

#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "control/config/decode.h"
#include "dataplane/driver/capture_reader.h"

namespace erbium::cli {
namespace {

int fail(const std::exception& error, int code) {
  std::fprintf(stderr, "erbium: %s\n", error.what());
  return code;
}

}  // namespace

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    return fail(error, kUsage);
  } catch (const NotFoundError& error) {
    return fail(error, kNotFound);
  } catch (const cp::ConfigError& error) {
    return fail(error, kInvalid);
  } catch (const dp::CaptureError& error) {
    return fail(error, kInvalid);
  } catch (const InvalidError& error) {
    return fail(error, kInvalid);
  } catch (const InternalError& error) {
    return fail(error, kInternal);
  } catch (const std::exception& error) {
    return fail(error, kMachine);
  }
}

}  // namespace erbium::cli
