// What control has told the dataplane of links, interfaces and routes, with its times: so that a
// report can say for how long the routes carried a flow nowhere, beside the outage that its packets
// saw. A probe is carried while following the tables of every router from its port leads out of the
// port where it is expected, over links that are up; a flow of a capture out of any, or to a
// router. Where a router shares traffic among several ways the flow is on the one that it took
// before; where none is known all must carry it.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/api/messages.h"
#include "common/net/address.h"
#include "common/units.h"

namespace erbium::cp {

class RouteHistory {
 public:
  // Everything that the dataplane is told, in order.
  void hear(const api::ToDataplane& message, Time at);

  struct Flow {
    net::Ip from, to;
    std::string port;  // by which it enters; empty: any from which `from` comes
    std::string exit;  // by which it is to leave; empty: by any, or to a router
  };
  struct Ports {
    std::string in, out;
  };
  // Of a probe's stream; nullopt where there is none of this name.
  std::optional<Ports> ports_of(const std::string& stream) const;
  // From the first moment at which nothing carries it to the first at which something does again.
  struct Gap {
    int64_t begin_ns = 0;
    std::optional<int64_t> end_ns;  // absent: never again
    bool operator==(const Gap&) const = default;
  };
  // Those that begin at `from_ns` or later, in order; `links`: names of those that it is known to
  // take. nullopt where it enters at no router, or too many routes have changed to be kept.
  std::optional<std::vector<Gap>> gaps(const Flow& flow, int64_t from_ns,
                                       const std::string& links) const;

 private:
  static constexpr size_t kMostRoutes = 2'000'000;
  static constexpr unsigned kMostHops = 32;

  template <typename T>
  struct Changes {  // by time
    std::vector<std::pair<int64_t, T>> all;
    const T* at(int64_t ns) const;
  };
  struct Link {
    std::string name;
    uint32_t to_trunk = 0;
    Changes<bool> up;
  };
  struct Trunk {
    uint32_t port = 0, link = 0;
  };
  struct Interface {
    uint32_t trunk = 0, outer_vid = 0, inner_vid = 0, vrf = 0, cross_connect = 0;
  };
  struct NextHop {
    api::NextHop::Kind kind = api::NextHop::LOCAL;
    uint32_t interface = 0;
  };
  struct Route {
    int64_t at_ns;
    uint32_t vrf, group;  // group 0: withdrawn
    net::Prefix prefix;
  };
  struct Question;

  std::vector<Route> to(const net::Ip& ip) const;
  uint32_t lookup(uint32_t vrf, const std::vector<Route>& routes, int64_t ns) const;
  std::optional<uint32_t> entrance(const Flow& flow, int64_t ns) const;
  bool carries(const Question& question, uint32_t interface, unsigned hops) const;
  bool leads_on(const Question& question, uint32_t interface, unsigned hops) const;
  bool known(const Question& question, const NextHop& hop) const;

  std::map<uint32_t, std::string> ports_;
  std::map<std::string, std::pair<uint32_t, uint32_t>> streams_;  // ports in and out
  std::map<uint32_t, Link> links_;
  std::map<uint32_t, Trunk> trunks_;
  std::map<uint32_t, Changes<Interface>> interfaces_;
  std::map<uint32_t, NextHop> next_hops_;
  std::map<uint32_t, Changes<std::vector<uint32_t>>> groups_;
  std::vector<Route> routes_;
  std::vector<int64_t> times_;  // of generations, each once
  bool whole_ = true;
};

}  // namespace erbium::cp
