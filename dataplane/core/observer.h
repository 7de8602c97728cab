// Told of packets by the network and its driver: those that came to the end of a link, those that
// ended inside, and, where one packet's way is to be told, of every step of it. What an observer
// does with them never changes a run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/explanation.h"
#include "common/units.h"
#include "dataplane/core/packet.h"
#include "dataplane/core/verdict.h"

namespace erbium::dp {

class Link;
class Node;

// How and where a packet ended inside: in a stage of a node, or on a link.
struct Ending {
  Verdict::Kind kind = Verdict::Kind::drop;  // drop, consumed or punt
  uint16_t reason = 0;                       // of the stage's descriptor, or Link::Drop
  uint16_t stage = 0;                        // place in the node's path
  uint32_t node = 0;                         // 0: on `link`
  uint32_t link = 0;
  Time at;

  bool taken() const { return kind != Verdict::Kind::drop; }
};

class ArrivalObserver {
 public:
  virtual ~ArrivalObserver() = default;
  // It has come to the end of the link, and the node has not changed it yet.
  virtual void arrived(uint32_t link, Packet p) = 0;
  // A router took it for itself, or it is lost. It is freed behind this.
  virtual void ended(Packet, const Ending&) {}
};

// How a frame of a capture was made to fit the port by which it enters.
class Fitting {
 public:
  virtual ~Fitting() = default;
  virtual void explain(Explanation& out) const = 0;
};

// Told of everything that happens to packets in a replay, at the edge too.
class Watch : public ArrivalObserver {
 public:
  // Enters by a port; `fitting` is null where it was made for it.
  virtual void entered(uint32_t port, Packet p, const Fitting* fitting) = 0;
  // A frame that does not enter.
  struct Refused {
    uint32_t port = 0;
    uint64_t id = 0;
    Time at;
    const char* reason = nullptr;
    std::span<const uint8_t> bytes;  // none where it is no Ethernet frame
    uint32_t wire_length = 0;
  };
  virtual void refused(const Refused& frame, const Fitting& fitting) = 0;
  virtual void left(uint32_t port, Packet p) = 0;
  // Everything before `to` has happened, and nothing else.
  virtual void passed(Time /*to*/) {}
};

// Told how the packets that it follows fare in a node. Such a packet passes the stages by itself.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual bool follows(const Node& node, Packet p) = 0;
  // It enters the path at its meta().entry; or a fragment of it does, where a stage has made it.
  virtual void comes(const Node& node, Packet p) = 0;
  struct Reply {  // a packet that a stage makes because of this one
    uint64_t id = 0;
    const char* cause = nullptr;
    Time at;
  };
  struct Step {
    size_t stage;  // place in the node's path
    Verdict verdict;
    Time at;
    Explanation& why;
    std::vector<Reply> replies;
  };
  virtual void passes(const Node& node, Packet p, Step& step) = 0;
  // Any packet is about to end, and these are its answers; `withheld` says why there is none.
  virtual void answered(Packet p, const std::vector<Reply>& replies, const char* withheld) = 0;
  // Any packet is about to be offered to a link, and the link carries it, or a copy that it has
  // just made of it: departure and arrival are known.
  virtual void offered(Packet p) = 0;
  virtual void admitted(const Link& link, Packet p) = 0;
};

}  // namespace erbium::dp
