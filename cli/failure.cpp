#include "cli/failure.h"

#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "common/api/channel.h"
#include "control/config/decode.h"

namespace erbium::cli {

int print_failure(const char* program) {
  const auto fail = [&](const std::exception& error, int code) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return code;
  };
  try {
    throw;
  } catch (const UsageError& error) {
    return fail(error, kUsage);
  } catch (const NotFoundError& error) {
    return fail(error, kNotFound);
  } catch (const cp::ConfigError& error) {
    return fail(error, kInvalid);
  } catch (const InvalidError& error) {
    return fail(error, kInvalid);
  } catch (const api::ProtocolError& error) {
    return fail(error, kPeer);
  } catch (const api::PeerGone& error) {
    return fail(error, kPeer);
  } catch (const InternalError& error) {
    return fail(error, kInternal);
  } catch (const std::exception& error) {
    return fail(error, kMachine);
  }
}

}  // namespace erbium::cli
