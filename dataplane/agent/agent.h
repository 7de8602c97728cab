// Serves control: turns its messages into the network's objects and tables. The only writer of
// tables. What comes between begin and commit is staged and takes effect as one generation. A full
// generation says everything that there is: it is compared with what is staged, whoever staged it
// and whether or not that was ever committed, and what it does not name is gone. Ports and nodes
// stay, as do neighbours that were learned: of the same network they are the same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "common/api/messages.h"
#include "dataplane/core/network.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

class Agent {
 public:
  explicit Agent(Network& network) : network_(network) {}

  // Takes one message. An error says which object is wrong and why; the generation it belongs to
  // must then be given up by the caller, nothing of it takes effect.
  tl::expected<void, std::string> handle(const api::ToDataplane& message);

  // The table of a VRF; ids from 1.
  const Fib& fib(uint32_t vrf) const { return *fibs_[vrf]; }
  uint64_t generation() const { return staged_.generation; }
  size_t table_bytes() const;

 private:
  using Status = tl::expected<void, std::string>;
  Status node(const api::Node& m);
  Status trunk(const api::Trunk& m);
  Status interface(const api::Interface& m);
  Status link(const api::Link& m);
  Status limiter(const api::Limiter& m);
  Status capacity(const api::Capacity& m);
  Status next_hop(const api::NextHop& m);
  Status group(const api::NextHopGroup& m);
  Status neighbor(const api::Neighbor& m);
  Status route(const api::Route& m);
  Status host_port(const api::HostPort& m);
  Status inject(const api::Inject& m);
  Status stream(const api::Stream& m);
  Status flows(const api::Flows& m);
  Status commit(const api::Commit& m);
  Status check_references() const;
  Status check_groups() const;
  Status check_hosts() const;
  void begin(const api::Begin& m);
  void sweep();
  void build_headers();
  void build_groups();
  void publish(Time at);
  Fib& fib_of(uint32_t vrf);
  void stage_routes(uint32_t vrf);

  Network& network_;
  Forwarding staged_;
  struct Group {
    std::vector<uint32_t> members;
    bool known = false;
  };
  std::vector<Group> groups_{1};
  std::vector<uint32_t> routes_to_{0};  // by group
  std::vector<std::unique_ptr<Fib>> fibs_{1};
  std::vector<bool> fib_changed_{false};
  std::vector<std::vector<FibChange>> routes_{1};  // by VRF: not yet staged in its Fib
  bool full_ = false;                              // the generation that was begun
  std::vector<std::vector<net::Prefix>> named_;    // by VRF: routes of a full generation
  struct PendingLink {
    uint32_t id;
    LinkConfig config;
    std::optional<ImpairmentConfig> impairment;
  };
  struct PendingLimiter {
    uint32_t id;
    LimiterConfig config;
  };
  struct PermanentNeighbor {
    uint32_t interface;
    net::Ip ip;
    net::Mac mac;
  };
  std::vector<PendingLink> links_;
  std::vector<PendingLimiter> limiters_;
  std::vector<PermanentNeighbor> neighbors_;
  std::vector<uint32_t> announced_;  // interfaces
  std::unique_ptr<const Forwarding> published_;
};

}  // namespace erbium::dp
