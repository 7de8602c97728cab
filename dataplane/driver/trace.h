// Records the journeys of chosen packets for `erbium explain`. Whether a packet is followed is
// decided once, when it begins its way: a frame that enters by a port, a packet that a stream, a
// session or a router makes. Where the run is cut into windows and bursts shows in no journey.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/journey.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

// "packet 7" of the captures, "branch-to-app 17" of a stream, "msee-a session 3" of a router.
std::string packet_name(const Network& network, uint64_t id);
// "tcp 192.168.1.10:40000 > 10.0.1.4:443"; what else the frame is.
std::string flow_text(std::span<const uint8_t> frame);
// "router msee-a", "link er-sjc/primary to_azure"
std::string place_name(const Network& network, const Ending& ending);

// Of a packet whose way ends by `kind`.
EndKind fate_of(Verdict::Kind kind);

class Trace final : public Watch, public Tracer {
 public:
  // Whether to follow a packet that begins its way as this frame. What routers make without an
  // Ethernet header has one of zeros.
  using Choose = std::function<bool(uint64_t id, std::span<const uint8_t> frame)>;
  // Says where the route to the destination came from; null where nobody knows.
  using TellRoute = std::function<void(const Explanation::Lookup&, Explanation&)>;

  Trace(Network& network, Choose choose, TellRoute tell_route);

  // Follows the first `most` of those that are chosen, by (time, id) of their beginning.
  void stop_at(size_t most) { most_ = most; }
  // Whether so many have come to their ends.
  bool done() const;
  // In the order in which they began their way; what has not ended is inside.
  std::vector<Journey> take();

  // ---- Watch ----
  void entered(uint32_t port, Packet p, const Fitting* fitting) override;
  void refused(const Refused& frame, const Fitting& fitting) override;
  void left(uint32_t port, Packet p) override;
  void arrived(uint32_t, Packet) override {}
  void ended(Packet p, const Ending& ending) override;
  void passed(Time to) override;

  // ---- Tracer ----
  bool follows(const Node& node, Packet p) override;
  void comes(const Node& node, Packet p) override;
  void passes(const Node& node, Packet p, Step& step) override;
  void answered(Packet p, const std::vector<Reply>& replies, const char* withheld) override;
  void offered(Packet p) override;
  void admitted(const Link& link, Packet p) override;

 private:
  // Of a packet, or of a copy of it.
  struct Way {
    bool ended = false;
    size_t hop = 0;                            // the last of it, in the journey
    size_t router = 0;                         // the last that is a router
    int64_t held_at = -1;                      // ns, while a stage keeps it
    int64_t offered_at = -1;                   // ns, to the last link
    std::vector<JourneyStep::Answer> answers;  // to its end, which is about to come
    std::string withheld;
  };
  struct Followed {
    Journey journey;
    std::map<uint16_t, Way> ways;  // by copy
  };

  bool begins(uint64_t id, std::span<const uint8_t> frame) {
    return !chosen_ && choose_(id, frame);
  }
  Followed& begin(uint64_t id, std::span<const uint8_t> frame, uint32_t bytes, int64_t at);
  Followed* find(Packet p) { return find(p.meta().id); }
  Followed* find(uint64_t id);
  Way& way(Followed& followed, uint16_t copy);
  Way& way(Followed& followed, Packet p) { return way(followed, p.meta().copy); }
  JourneyHop& hop(Followed& followed, Packet p) {
    return followed.journey.hops[way(followed, p).hop];
  }
  JourneyHop& router(Followed& followed, Packet p) {
    return followed.journey.hops[way(followed, p).router];
  }
  JourneyHop& add_hop(Followed& followed, uint16_t copy, JourneyHop hop);
  void add_link(Followed& followed, const Link& link, Packet p, int64_t at);
  void explain_loss(Packet p, const Ending& ending, bool carried, JourneyStep& step) const;
  void tell_answers(Followed& followed, Packet p);
  void end(Followed& followed, JourneyEnd ending);

  Network& network_;
  const Choose choose_;
  const TellRoute tell_route_;
  size_t most_ = SIZE_MAX;
  bool chosen_ = false;               // nothing more begins
  size_t open_ = 0;                   // ways that have not ended
  std::map<uint64_t, size_t> by_id_;  // place in followed_
  std::vector<Followed> followed_;
};

}  // namespace erbium::dp
