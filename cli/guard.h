// What every command does with an error: one line on stderr, and the exit code of exit_codes.h.
#pragma once

#include <functional>

namespace erbium::cli {

// Runs `body` and gives back what it returns, or the code of the error it throws.
int guarded(const std::function<int()>& body);

}  // namespace erbium::cli
