// How the agent says no to a message of control.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace erbium::dp {

inline tl::unexpected<std::string> refuse(const std::string& object, uint64_t id, const char* why) {
  return tl::unexpected(object + " " + std::to_string(id) + ": " + why);
}

}  // namespace erbium::dp
