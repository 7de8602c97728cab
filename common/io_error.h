// A file that cannot be created, written, closed or renamed. The text is one line naming the path,
// what was tried and the system's reason; it is caught once in main (architecture: errors).
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>

namespace erbium {

class IoError : public std::runtime_error {
 public:
  // `action` reads as in "cannot <action> <path>: <reason>"; `error_number` is an errno value.
  IoError(const std::string& action, const std::string& path, int error_number)
      : std::runtime_error("cannot " + action + " " + path + ": " + std::strerror(error_number)),
        error_number_(error_number) {}

  int error_number() const { return error_number_; }

 private:
  int error_number_;
};

}  // namespace erbium
