// What the stages that validate IPv4 and IPv6 headers have in common.
#pragma once

#include <span>
#include <string>

#include "common/explanation.h"
#include "dataplane/core/packet.h"
#include "dataplane/core/verdict.h"

namespace erbium::dp {

// Ethernet padding ends at `total` bytes, the length of the IP packet; what a capture left out of
// the packet stays missing.
inline void trim(Packet p, unsigned total) noexcept {
  if (total < p.length()) {
    p.set_length(total);
    p.meta().missing = 0;
  } else {
    p.meta().missing = total - p.length();
  }
}

// `why` has a reason for each drop of the stage.
inline void say_validated(Packet p, Verdict verdict, std::span<const char* const> why,
                          Explanation& out) {
  if (!verdict.is_next()) return out.say(why[verdict.reason()]);
  out.say("header good");
  if (p.meta().missing > 0)
    out.say("the capture left " + std::to_string(p.meta().missing) + " bytes out, they count");
}

}  // namespace erbium::dp
