// Longest-prefix match of the destination in the VRF of the incoming interface, for both families,
// then the choice of a next hop within the group: equal-cost multipath by flow hash (RFC 2992), so
// that a flow stays on one path. What is for the router itself ends here, or goes to control where
// a host port asks for it.
#include <algorithm>
#include <array>

#include "common/net/headers.h"
#include "dataplane/core/explaining.h"
#include "dataplane/core/flow_hash.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class FibLookup final : public Stage {
 public:
  enum Drop : uint16_t { kNoRouteFound, kDiscard, kHostTtl };
  enum Consumed : uint16_t { kLocal };
  enum Punted : uint16_t { kHost };

  void run(Burst& burst, Context& context) noexcept override {
    const Forwarding& tables = context.tables();
    const unsigned mask = burst.protocols();
    if (mask & static_cast<unsigned>(Protocol::ipv4)) lookup4(burst, tables);
    if (mask & static_cast<unsigned>(Protocol::ipv6)) lookup6(burst, tables);
    burst.retain([&](Packet p) { return choose(p, tables, context); },
                 [&](Packet p, Verdict v) { context.settle(p, v); });
  }

  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const PacketMeta& meta = p.meta();
    const net::Ip dst = destination_of(p);
    out.lookup = {meta.vrf, dst};
    out.set("destination", dst.str());
    if (verdict.kind() == Verdict::Kind::drop && verdict.reason() == kNoRouteFound)
      return out.say("no way to " + dst.str());
    const Forwarding& tables = context.tables();
    const FibView& view = *tables.vrfs[meta.vrf];
    const NextHopGroup& group =
        tables.groups[dst.is_v4() ? view.lookup4(dst.v4_host()) : view.lookup6(dst.bytes.data())];
    if (group.count > 1) {
      uint32_t member = 0;
      while (tables.members[group.first + member] != meta.next_hop) member++;
      out.say("flow hash " + hex_text(meta.flow_hash, 8) + " takes way " +
              std::to_string(member + 1) + " of " + std::to_string(group.count));
      out.set("flow_hash", hex_text(meta.flow_hash, 8));
      out.set("member", member + 1);
    }
    out.set("ways", group.count);
    explain_hop(tables, tables.next_hops[meta.next_hop], verdict, out);
  }

 private:
  static void explain_hop(const Forwarding& tables, const NextHop& hop, Verdict verdict,
                          Explanation& out) {
    constexpr const char* kKinds[] = {"local", "discard", "connected", "gateway"};
    out.set("next_hop", kKinds[static_cast<size_t>(hop.kind)]);
    if (hop.kind == NextHop::Kind::local && verdict.kind() == Verdict::Kind::punt)
      return out.say("for a session of this router, handed to control");
    if (hop.kind == NextHop::Kind::local)
      return out.say("ends here: for this router, or a network behind it without a port");
    if (hop.kind == NextHop::Kind::discard) return out.say("the route discards");
    const std::string& name = tables.interfaces[hop.interface].name;
    out.set("interface_out", name);
    if (hop.kind == NextHop::Kind::connected) return out.say("to its destination on " + name);
    out.say("to " + hop.address.str() + " on " + name);
    out.set("gateway", hop.address.str());
  }

  // The group is kept in next_hop until choose() replaces it by one of its members.
  static void lookup4(Burst& burst, const Forwarding& tables) noexcept {
    const FibView* views[Burst::kMax];
    uint32_t dst[Burst::kMax];
    NextHopGroupId group[Burst::kMax];
    uint32_t* target[Burst::kMax];
    unsigned n = 0;
    for (unsigned i = 0; i < burst.size(); i++) {
      PacketMeta& meta = burst[i].meta();
      if (meta.protocol != Protocol::ipv4) continue;
      views[n] = tables.vrfs[meta.vrf];
      dst[n] = burst[i].header<net::Ipv4Header>()->dst.value();
      target[n++] = &meta.next_hop;
    }
    if (n == 0) return;
    FibView::lookup4_bulk(views, dst, group, n);
    for (unsigned i = 0; i < n; i++) *target[i] = group[i];
  }

  static void lookup6(Burst& burst, const Forwarding& tables) noexcept {
    const FibView* views[Burst::kMax];
    const uint8_t* dst[Burst::kMax];
    NextHopGroupId group[Burst::kMax];
    uint32_t* target[Burst::kMax];
    unsigned n = 0;
    for (unsigned i = 0; i < burst.size(); i++) {
      PacketMeta& meta = burst[i].meta();
      if (meta.protocol != Protocol::ipv6) continue;
      views[n] = tables.vrfs[meta.vrf];
      dst[n] = burst[i].header<net::Ipv6Header>()->dst.data();
      target[n++] = &meta.next_hop;
    }
    if (n == 0) return;
    FibView::lookup6_bulk(views, dst, group, n);
    for (unsigned i = 0; i < n; i++) *target[i] = group[i];
  }

  static Verdict choose(Packet p, const Forwarding& tables, Context& context) noexcept {
    PacketMeta& meta = p.meta();
    const NextHopGroup& group = tables.groups[meta.next_hop];
    if (group.count == 0) return Verdict::drop(kNoRouteFound);
    uint32_t member = group.first;
    if (group.count > 1) {
      meta.flow_hash = flow_hash(p, tables.hash_seed);
      member += static_cast<uint32_t>(uint64_t{meta.flow_hash} * group.count >> 32);
    }
    meta.next_hop = tables.members[member];
    const NextHop& hop = tables.next_hops[meta.next_hop];
    if (hop.kind == NextHop::Kind::local) return take(p, hop, tables, context);
    if (hop.kind == NextHop::Kind::discard) return Verdict::drop(kDiscard);
    meta.interface_out = hop.interface;
    return Verdict::next();
  }

  static Verdict take(Packet p, const NextHop& hop, const Forwarding& tables, Context& context) {
    if (hop.hosts && hops_left(p) <= 1) return Verdict::drop(kHostTtl);
    if (!wanted(p, tables.host_ports[hop.host_port])) return Verdict::consumed(kLocal);
    context.deliver(p, hop.host_port);
    return Verdict::punt(kHost);
  }

  static uint8_t hops_left(Packet p) noexcept {
    return p.meta().protocol == Protocol::ipv4 ? p.header<net::Ipv4Header>()->ttl
                                               : p.header<net::Ipv6Header>()->hop_limit;
  }

  static bool wanted(Packet p, const HostPort& port) noexcept {
    if (port.match.empty()) return false;
    uint32_t offset = sizeof(net::Ipv6Header);
    uint8_t protocol;
    if (p.meta().protocol == Protocol::ipv4) {
      const auto* ip = p.header<net::Ipv4Header>();
      if (ip->is_fragment()) return false;
      offset = ip->header_length();
      protocol = ip->protocol;
    } else {
      protocol = p.header<net::Ipv6Header>()->next_header;
    }
    const auto* ports = p.header<std::array<net::be16, 2>>(offset);
    if (!ports) return false;
    return std::any_of(port.match.begin(), port.match.end(), [&](const HostPort::Match& m) {
      return m.protocol == protocol &&
             ((*ports)[0].value() == m.port || (*ports)[1].value() == m.port);
    });
  }
};

}  // namespace

extern const StageDescriptor stage_fib_lookup{
    .name = "fib_lookup",
    .phase = Phase::lookup,
    .drops = {"no_route", "discard_route", "host_ttl"},
    .consumed = {"local"},
    .punted = {"host"},
    .drop_answers = {Answer::no_route, Answer::none, Answer::time_exceeded},
    .consumed_answers = {Answer::delivered},
    .make = make_stage<FibLookup>,
};

}  // namespace erbium::dp
