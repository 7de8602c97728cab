// The ways that a stream may take between a customer's network and Azure, by what the file says: a
// link of a circuit with one of its peerings and what is behind its MSEE, or a VPN connection. And
// which of them work at a time: by the events of the timeline, and by the sessions as they were.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/report/report.h"
#include "control/scenario/record.h"

namespace erbium::cp {

struct Way {
  std::optional<size_t> circuit_link;  // index in the topology
  const Peering* peering = nullptr;    // with circuit_link
  std::string far;                     // gateway or Microsoft edge
  const VpnConnection* vpn = nullptr;  // without circuit_link
  std::string session;                 // "er-sjc/primary/private ipv4", "branch-vpn"
  bool operator==(const Way&) const = default;
};

struct Route {
  Direction dir = Direction::to_azure;
  const Ce* ce = nullptr;
  net::Ip onprem;
  std::vector<Way> ways;
};

// The addresses that a probe or a flow goes between; nullopt for others.
struct StreamEnds {
  net::Ip from, to;
};
std::optional<StreamEnds> ends_of(const Scenario& scenario, const ReportStream& stream);

class Ways {
 public:
  // The record must outlive it. `settling`: from the end of an event until its routes are back.
  Ways(const RunRecord& record, Duration settling);

  // Of a probe or a flow; nullopt where it is not between a router and a vnet or Microsoft.
  std::optional<Route> of(const ReportStream& stream) const;
  // Every way of every stream.
  std::vector<Way> all() const;

  // Whether the event, while it is in force, takes the way from somebody.
  bool hits(const TimelineEvent& event, const Way& way) const;
  // Nothing that began before `at_ns` holds it down, and its sessions had been up for a while.
  bool works(const Way& way, int64_t at_ns) const;
  // Its BFD had found the other end.
  bool bfd_up(const Way& way, int64_t at_ns) const;
  // When the event began and ended, or will.
  bool in_force(const TimelineEvent& event, int64_t at_ns, Duration behind) const;
  int64_t begin_ns(const TimelineEvent& event) const;
  // Another event has changed what the router announces of the address.
  bool announced_anew(const Route& route, int64_t at_ns) const;
  // An impairment of the way loses or holds packets.
  bool impaired(const Way& way, int64_t at_ns, int64_t until_ns) const;

 private:
  std::vector<Way> over_links(const Ce& ce, const net::Ip& onprem, const net::Ip& azure,
                              Direction dir) const;
  bool established(const std::string& prefix, const char* kind, const char* state, int64_t at_ns,
                   Duration since) const;
  int64_t end_ns(const TimelineEvent& event) const;
  bool flapped_down(const TimelineEvent& event, int64_t at_ns, Duration behind) const;
  std::string name_of(const Way& way) const;

  const RunRecord& record_;
  const Scenario& s_;
  Duration settling_;
};

}  // namespace erbium::cp
