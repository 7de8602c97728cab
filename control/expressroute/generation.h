// A generation: the messages that take effect together at one time of the scenario. A full table
// has a million routes, so those that BGP brings are kept as values, and become messages one after
// the other when they are handed over.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/api/messages.h"
#include "common/net/address.h"
#include "common/units.h"

namespace erbium::cp {

// Messages in order.
class MessageList {
 public:
  bool empty() const { return others_.empty() && routes_.empty(); }
  api::ToDataplane& add() { return others_.emplace_back(); }
  void add_route(uint32_t vrf, const net::Prefix& prefix, uint32_t group) {
    routes_.push_back({others_.size(), vrf, group, prefix});
  }

  // Calls f with every message, which is valid until f returns.
  template <class F>
  void each(F f) const {
    api::ToDataplane message;
    api::Route& out = *message.mutable_route();
    auto other = others_.begin();
    for (const Route& route : routes_) {
      for (const auto end = others_.begin() + static_cast<ptrdiff_t>(route.behind); other < end;)
        f(*other++);
      out.set_vrf(route.vrf);
      out.mutable_prefix()->set_ip(route.prefix.address.bytes.data(),
                                   route.prefix.address.bits() / 8);
      out.mutable_prefix()->set_length(route.prefix.length);
      out.set_group(route.group);
      f(message);
    }
    while (other != others_.end()) f(*other++);
  }

 private:
  struct Route {
    size_t behind;  // so many of the others
    uint32_t vrf, group;
    net::Prefix prefix;
  };
  std::vector<api::ToDataplane> others_;
  std::vector<Route> routes_;
};

struct Generation {
  uint64_t id = 0;
  Time at;
  std::vector<api::ToDataplane> messages;  // begin first, commit last
  MessageList learned;                     // in front of the commit

  // Calls f with every message in order; each is valid until f returns.
  template <class F>
  void each(F f) const {
    for (size_t i = 0; i + 1 < messages.size(); i++) f(messages[i]);
    learned.each(f);
    f(messages.back());
  }
};

}  // namespace erbium::cp
