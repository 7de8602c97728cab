// Ctrl-C and SIGTERM end a run, whose outputs then say that it was interrupted.
#pragma once

#include <atomic>

namespace erbium::cli {

// Set from the first of them on. Reads that wait are interrupted, and a second Ctrl-C ends the
// program at once.
std::atomic<bool>& catch_interrupts();

}  // namespace erbium::cli
