// Puts the next hop's Ethernet header with the interface's tags in front of the packet (IEEE
// 802.1Q-2018 §6.9). While the next hop's MAC address is not known the packet is held and the
// neighbour asked by ARP or ND; entries age and are probed again (RFC 1122 §2.3.2, RFC 4861 §7.3).
#include <cstring>
#include <utility>

#include "common/net/headers.h"
#include "dataplane/core/explaining.h"
#include "dataplane/core/neighbor_messages.h"
#include "dataplane/core/stage.h"
#include "dataplane/tables/neighbor_table.h"

namespace erbium::dp {
namespace {

class Rewrite final : public PacketStage<Rewrite> {
 public:
  enum Drop : uint16_t { kNoNeighbor, kHoldFull };
  enum Originated : uint16_t { kArp, kNd };

  Verdict process(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    NeighborTable& neighbors = context.neighbors();
    if (p.meta().next_hop & kHeldFor) [[unlikely]]
      return push(p, neighbors[p.meta().next_hop & ~kHeldFor].header);
    const NextHop& hop = tables.next_hops[p.meta().next_hop];
    if (hop.kind == NextHop::Kind::gateway) {
      const uint32_t id = neighbors.of_next_hop(p.meta().next_hop);
      if (!neighbors[id].usable()) return hold(p, id, context);
      return push(p, neighbors[id].header);
    }
    const net::Ip dst = destination_of(p);
    const Interface& interface = tables.interfaces[hop.interface];
    if (interface.emulated_hosts) {
      EncapHeader header = interface.header;
      header.set_dst(emulated_mac(dst));
      return push(p, header);
    }
    const uint32_t id = neighbors.intern(hop.interface, dst);
    if (id == 0) return Verdict::drop(kHoldFull);
    if (!neighbors[id].usable()) return hold(p, id, context);
    return push(p, neighbors[id].header);
  }

  void on_deadline(Time now, Context& context) noexcept override {
    NeighborTable& neighbors = context.neighbors();
    while (const auto learned = neighbors.take_learned(now)) update(*learned, now, context);
    while (const uint32_t id = neighbors.take_due(now)) due(id, now, context);
    for (const uint32_t interface : neighbors.take_to_announce()) announce(interface, now, context);
  }

  void look(Packet p, Context& context, Explanation& out) override {
    const net::Ip who = asked_for(p, context);
    const uint32_t id = neighbor_of(p, who, context);
    if (id == kNobody) return;
    constexpr const char* kStates[] = {"idle", "incomplete", "reachable", "probe", "permanent"};
    const Neighbor unknown;
    const Neighbor& neighbor = id == 0 ? unknown : context.neighbors()[id];
    out.set("neighbor", who.str());
    out.set("neighbor_state", kStates[static_cast<size_t>(neighbor.state)]);
    out.set("waiting", neighbor.waiting.size());
    if (neighbor.usable()) return;
    out.say(who.str() + (neighbor.state == Neighbor::State::idle
                             ? " is not known and is asked now"
                             : " has been asked and has not answered"));
  }
  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    if (verdict.kind() == Verdict::Kind::held) return out.say("kept until it answers");
    if (verdict.kind() == Verdict::Kind::drop)
      return out.say("as many packets wait already as may");
    const auto* ethernet = p.header<net::EthernetHeader>();
    const Interface& way_out = context.tables().interfaces[p.meta().interface_out];
    const bool known = !out.values.empty();
    out.say((known ? std::get<std::string>(out.values[0].second) : "the host there") + " is at " +
            ethernet->dst.str());
    out.say(tags_text(way_out.outer_vid, way_out.inner_vid));
    out.set("destination_mac", ethernet->dst.str());
    out.set("outer_vid", way_out.outer_vid);
    out.set("inner_vid", way_out.inner_vid);
    out.set("frame_bytes", p.wire_length());
  }

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;  // every address answers there
  // Who is to be known, and its place in the table; 0 where it has none yet.
  static net::Ip asked_for(Packet p, Context& context) {
    const uint32_t id = p.meta().next_hop;
    if (id & kHeldFor) return context.neighbors()[id & ~kHeldFor].ip;
    const NextHop& hop = context.tables().next_hops[id];
    return hop.kind == NextHop::Kind::gateway ? hop.address : destination_of(p);
  }
  static uint32_t neighbor_of(Packet p, const net::Ip& who, Context& context) {
    const uint32_t id = p.meta().next_hop;
    if (id & kHeldFor) return id & ~kHeldFor;
    const NextHop& hop = context.tables().next_hops[id];
    if (hop.kind == NextHop::Kind::gateway) return context.neighbors().of_next_hop(id);
    if (context.tables().interfaces[hop.interface].emulated_hosts) return kNobody;
    return context.neighbors().find(hop.interface, who);
  }

  // In place of a next hop: the neighbour that the packet was held for. It keeps its number while
  // generations, and the next hops in them, come and go.
  static constexpr uint32_t kHeldFor = 1u << 31;

  static Verdict push(Packet p, const EncapHeader& header) noexcept {
    const net::be16 type{p.meta().protocol == Protocol::ipv4 ? net::kEtherTypeIpv4
                                                             : net::kEtherTypeIpv6};
    uint8_t* front = p.prepend_end_of(header.bytes, header.length);
    std::memcpy(front + header.length - 2, &type, 2);
    p.meta().l2_length = header.length;
    if (p.length() < net::kMinFrame && p.meta().missing == 0) p.pad(net::kMinFrame);
    return Verdict::next();
  }

  static Verdict hold(Packet p, uint32_t id, Context& context) noexcept {
    Neighbor& neighbor = context.neighbors()[id];
    if (neighbor.waiting.size() >= NeighborTable::kMaxWaiting) return Verdict::drop(kHoldFull);
    neighbor.waiting.push_back(p.mbuf());
    p.meta().next_hop = kHeldFor | id;
    if (neighbor.state == Neighbor::State::idle) {
      neighbor.state = Neighbor::State::incomplete;
      neighbor.asked = 0;
      schedule(id, p.time() + context.reply_latency(), context);
    }
    return Verdict::held();
  }

  static void schedule(uint32_t id, Time at, Context& context) {
    context.neighbors().schedule(id, at);
    context.wake_at(at);
  }

  static void update(const NeighborTable::Learned& learned, Time now, Context& context) {
    NeighborTable& neighbors = context.neighbors();
    const uint32_t id = learned.create ? neighbors.intern(learned.interface, learned.ip)
                                       : neighbors.find(learned.interface, learned.ip);
    if (id == 0) return;
    Neighbor& neighbor = neighbors[id];
    if (neighbor.state == Neighbor::State::permanent) return;
    if (std::exchange(neighbor.awaited, false)) context.resolved(now);
    neighbor.mac = learned.mac;
    neighbor.header = context.tables().interfaces[learned.interface].header;
    neighbor.header.set_dst(learned.mac);
    neighbor.state = Neighbor::State::reachable;
    neighbor.asked = 0;
    neighbor.heard = now.ns();
    schedule(id, now + context.arp_age(), context);
    for (rte_mbuf* m : neighbor.waiting) context.release(Packet(m), now, Entry::neighbor);
    neighbor.waiting.clear();
  }

  // A retry is due, or the entry has aged.
  static void due(uint32_t id, Time now, Context& context) {
    Neighbor& neighbor = context.neighbors()[id];
    if (neighbor.state == Neighbor::State::permanent) return;
    if (neighbor.state == Neighbor::State::reachable) {
      neighbor.state = Neighbor::State::probe;
      neighbor.asked = 0;
    }
    if (neighbor.asked >= NeighborTable::kMaxRequests) {
      give_up(id, now, context);
      if (!neighbor.eager) return;
      neighbor.state = Neighbor::State::incomplete;
      neighbor.asked = 0;
    }
    if (!context.tables().interfaces[neighbor.interface].mute) ask(neighbor, now, context);
    neighbor.asked++;
    schedule(id, now + NeighborTable::kRetransmit, context);
  }

  static void ask(const Neighbor& neighbor, Time now, Context& context) {
    const net::Mac unicast = neighbor.state == Neighbor::State::probe ? neighbor.mac : net::Mac{};
    const Packet p = make_request(context, neighbor.interface, neighbor.ip, unicast);
    if (p.mbuf()) context.emit(p, now, Entry::rewritten, neighbor.ip.is_v4() ? kArp : kNd);
  }

  // RFC 5227 §3, RFC 4861 §7.2.6. Once, as routers do when a link comes up.
  static void announce(uint32_t id, Time now, Context& context) {
    const Interface& interface = context.tables().interfaces[id];
    if (interface.mute) return;
    for (const net::Ip& own : interface.addresses) {
      const Packet p = make_announcement(context, id, own);
      if (p.mbuf()) context.emit(p, now, Entry::rewritten, own.is_v4() ? kArp : kNd);
    }
  }

  static void give_up(uint32_t id, Time now, Context& context) {
    Neighbor& neighbor = context.neighbors()[id];
    for (rte_mbuf* m : neighbor.waiting) context.drop_held(Packet(m), kNoNeighbor, now);
    neighbor.waiting.clear();
    neighbor.state = Neighbor::State::idle;
  }
};

}  // namespace

extern const StageDescriptor stage_rewrite{
    .name = "rewrite",
    .phase = Phase::egress,
    .after = {"fragment"},
    .entry = Entry::neighbor,
    .drops = {"no_neighbor", "hold_full"},
    .originated = {"arp", "nd"},
    .drop_answers = {Answer::no_neighbor},
    .make = make_stage<Rewrite>,
};

}  // namespace erbium::dp
