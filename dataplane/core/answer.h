// What the sender of a packet that ended in a router is owed, by why it ended; `icmp` says it in
// the packet's own family. The stage that ends the packet only names it in its descriptor.
#pragma once

#include <cstdint>

namespace erbium::dp {

enum class Answer : uint8_t {
  none,
  time_exceeded,  // TTL or hop limit
  too_big,        // for the MTU of interface_out
  no_route,
  no_neighbor,  // the next hop does not answer
  prohibited,   // by a filter
  delivered,    // it was for the router: an echo request, or something that nothing there wants
};

// What a router says by ICMP of its own accord, and how often.
struct IcmpConfig {
  bool echo = true;     // answers echo requests to its addresses
  bool errors = true;   // tells senders why their packets ended
  uint64_t rate = 100;  // errors a second, at least 1
  uint64_t burst = 50;  // errors at once, at least 1
};

}  // namespace erbium::dp
