// A stateful filter, as a firewall at the edge of a network has it (RFC 6092 §3; RFC 4787 §5 calls
// it address and port-dependent filtering). Some interfaces lead outside: those with a flow age.
// What leaves by one of them makes a flow known, or keeps it so; what enters by one passes only as
// part of a known flow, and only by the interface that the flow first left by: a firewall keeps a
// session where it was set up. A flow that was silent for the interface's age is forgotten.
//
// A flow is addresses, protocol and ports (fragments and protocols without ports: addresses and
// protocol). ICMP errors pass with the flow whose packet they return (RFC 6092 §3.2). The table is
// bounded: a new flow that finds eight living ones in its place is not let out.
#include <optional>
#include <utility>
#include <vector>

#include "common/net/headers.h"
#include "dataplane/core/flow_tuple.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

struct Flow {
  FlowTuple key;           // seen from inside, whichever way packets go
  uint32_t interface = 0;  // 0: a free place
  int64_t until = 0;       // ns; forgotten behind it
};

class Stateful final : public PacketStage<Stateful> {
 public:
  enum Drop : uint16_t { kUnknown, kOtherWay, kFull };

  Verdict process(Packet p, Context& context) noexcept {
    const PacketMeta& meta = p.meta();
    const auto& interfaces = context.tables().interfaces;
    if (interfaces[meta.interface_in].flow_age > Duration()) return enter(p, context);
    if (interfaces[meta.interface_out].flow_age > Duration() && meta.interface_in != 0)
      return leave(p, context);
    return Verdict::next();
  }

  void look(Packet p, Context& context, Explanation& out) override {
    const PacketMeta& meta = p.meta();
    const Forwarding& tables = context.tables();
    const bool enters = tables.interfaces[meta.interface_in].flow_age > Duration();
    if (!enters &&
        (tables.interfaces[meta.interface_out].flow_age == Duration() || meta.interface_in == 0))
      return out.say("does not cross the filter");
    const std::optional<uint32_t> returned = enters ? returned_packet(p) : std::nullopt;
    const auto key = key_of(p, returned.value_or(0), !enters || returned);
    const Flow* flow = key && !flows_.empty() ? find(*key, tables.hash_seed, meta.time) : nullptr;
    out.set("direction", enters ? "in" : "out");
    out.set("flow_known", flow != nullptr);
    if (returned) out.say("an ICMP error, judged by the packet it returns");
    if (!flow) return out.say(enters ? "of no flow that went out" : "the first of its flow");
    const std::string& first_left_by = tables.interfaces[flow->interface].name;
    out.set("flow_interface", first_left_by);
    out.say("of a flow that first left by " + first_left_by);
    if (enters && flow->interface != meta.interface_in)
      out.say("came by " + tables.interfaces[meta.interface_in].name);
  }
  void explain(Packet, Verdict verdict, Context&, Explanation& out) override {
    if (!verdict.is_next() && verdict.reason() == kFull) out.say("the table has no place for it");
  }

 private:
  static constexpr size_t kPlaces = 1 << 16, kNear = 8;  // a flow stands in one of kNear places

  Verdict leave(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    const uint32_t interface = p.meta().interface_out;
    const FlowTuple key = *key_of(p, 0, true);
    if (flows_.empty()) flows_.resize(kPlaces);
    Flow* flow = find(key, tables.hash_seed, p.meta().time);
    if (!flow) {
      flow = free_place(key, tables.hash_seed, p.meta().time);
      if (!flow) return Verdict::drop(kFull);
      *flow = {key, interface};
    }
    flow->until = (p.time() + tables.interfaces[interface].flow_age).ns();
    return Verdict::next();
  }

  Verdict enter(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    const std::optional<uint32_t> returned = returned_packet(p);
    const auto key = returned ? key_of(p, *returned, true) : key_of(p, 0, false);
    Flow* flow = key && !flows_.empty() ? find(*key, tables.hash_seed, p.meta().time) : nullptr;
    if (!flow) return Verdict::drop(kUnknown);
    if (flow->interface != p.meta().interface_in) return Verdict::drop(kOtherWay);
    if (!returned)
      flow->until = (p.time() + tables.interfaces[p.meta().interface_in].flow_age).ns();
    return Verdict::next();
  }

  // Where in an ICMP error the packet stands that it is about. RFC 792; RFC 4443 §2.1: types below
  // 128 are errors.
  static std::optional<uint32_t> returned_packet(Packet p) noexcept {
    uint32_t at = sizeof(net::Ipv6Header);
    if (p.meta().protocol == Protocol::ipv4) {
      const auto* ip = p.header<net::Ipv4Header>();
      at = ip->header_length();
      const auto* type = p.header<uint8_t>(at);
      if (ip->protocol != net::kProtoIcmp || ip->is_fragment() || !type ||
          (*type != 3 && *type != 11 && *type != 12))
        return std::nullopt;
    } else {
      const auto* type = p.header<uint8_t>(at);
      if (p.header<net::Ipv6Header>()->next_header != net::kProtoIcmp6 || !type || *type >= 128)
        return std::nullopt;
    }
    return at + 8;
  }

  // Of the IP packet at `offset`; nothing where the bytes end before its header does.
  static std::optional<FlowTuple> key_of(Packet p, uint32_t offset, bool leaves) noexcept {
    std::optional<FlowTuple> key(std::in_place);
    if (!flow_tuple(p, offset, !leaves, *key)) return std::nullopt;
    return key;
  }

  Flow& at(size_t first, size_t i) noexcept { return flows_[(first + i) % kPlaces]; }

  Flow* find(const FlowTuple& key, uint64_t seed, int64_t now) noexcept {
    const size_t first = key.hash(seed);
    for (size_t i = 0; i < kNear; i++) {
      Flow& flow = at(first, i);
      if (flow.interface != 0 && flow.until >= now && flow.key == key) return &flow;
    }
    return nullptr;
  }
  Flow* free_place(const FlowTuple& key, uint64_t seed, int64_t now) noexcept {
    const size_t first = key.hash(seed);
    for (size_t i = 0; i < kNear; i++) {
      Flow& flow = at(first, i);
      if (flow.interface == 0 || flow.until < now) return &flow;
    }
    return nullptr;
  }

  std::vector<Flow> flows_;  // kPlaces from the first flow on
};

}  // namespace

extern const StageDescriptor stage_stateful{
    .name = "stateful",
    .phase = Phase::lookup,
    .after = {"fib_lookup"},
    .optional = true,
    .drops = {"flow_unknown", "flow_other_way", "flow_table_full"},
    .make = make_stage<Stateful>,
};

}  // namespace erbium::dp
