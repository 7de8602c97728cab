#include "cli/interrupts.h"

#include <csignal>

namespace erbium::cli {
namespace {

std::atomic<bool> stop_requested{false};
void request_stop(int) { stop_requested = true; }

}  // namespace

std::atomic<bool>& catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stop_requested;
}

}  // namespace erbium::cli
