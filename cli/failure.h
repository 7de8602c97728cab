// Errors as users see them: one line, and the exit code that README.md documents.
#pragma once

namespace erbium::cli {

// Called in a catch block: prints what is being handled behind the program's name, and returns the
// exit code for it.
int print_failure(const char* program);

}  // namespace erbium::cli
