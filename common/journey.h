// The way of one packet through a run, hop by hop and stage by stage, as plain values: recorded by
// the dataplane, told by control.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/explanation.h"

namespace erbium {

// What became of a packet, or of a copy of it.
enum class EndKind : uint8_t { inside, left, dropped, consumed, punted };
inline constexpr const char* kEndNames[] = {"inside", "left", "dropped", "consumed", "punted"};

struct JourneyStep {
  struct Answer {  // a packet that the stage made because of this one
    uint64_t id = 0;
    std::string cause;  // "arp", "nd"
    int64_t at_ns = 0;
  };
  std::string stage;    // "vlan_pop"; of ports and links what they do
  std::string verdict;  // "next", "drop", "consumed", "punt", "held"
  std::string reason;   // of it; empty: none
  Explanation why;
  std::vector<Answer> answers;
};

struct JourneyHop {
  enum class Kind : uint8_t { port_in, router, link, port_out };
  Kind kind = Kind::router;
  std::string name;       // "msee-a", "er-sjc/primary"
  std::string direction;  // of a link
  uint16_t copy = 0;      // which of the packet's copies; 0: the packet itself
  int64_t from_ns = 0;    // scenario time
  std::vector<JourneyStep> steps;
};

struct JourneyEnd {
  uint16_t copy = 0;
  EndKind fate = EndKind::inside;
  std::string where;   // "port cloud", "router msee-a", "link er-sjc/primary to_azure"
  std::string stage;   // of a router
  std::string reason;  // "policer", "arp"; empty where it left
  int64_t at_ns = 0;
};

struct Journey {
  uint64_t id = 0;     // as in the captures
  std::string name;    // "packet 7", "branch-to-app 17"
  std::string flow;    // "tcp 192.168.1.10:40000 > 10.0.1.4:443"; what else it is
  uint32_t bytes = 0;  // of the frame on the wire, without FCS; of the IP packet where a host sends
  int64_t from_ns = 0;  // when it began its way
  std::vector<JourneyHop> hops;
  std::vector<JourneyEnd> ends;  // by copy, each once
};

}  // namespace erbium
