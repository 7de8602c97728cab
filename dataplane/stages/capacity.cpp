// What a forwarding appliance can carry: bits and packets a second and flows at a time, of all that
// leaves by the interfaces of one capacity (Microsoft Learn: expressroute-about-virtual-network-
// gateways gives these figures by size). The bits are those of IP packets. What the node sends for
// itself is not counted.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/core/flow_tuple.h"
#include "dataplane/core/stage.h"
#include "dataplane/links/token_bucket.h"
#include "dataplane/tables/flow_table.h"

namespace erbium::dp {
namespace {

class Gauge {
 public:
  explicit Gauge(const Capacity& config)
      : config_(config),
        bits_(config.rate, config.depth_bits),
        packets_(BitRate::bps(config.packets_per_second), config.depth_packets),
        flows_(config.flows, config.flow_age) {}

  void configure(const Capacity& config, Time now) {
    if (config == config_) return;
    config_ = config;
    bits_.configure(now, config.rate, config.depth_bits);
    packets_.configure(now, BitRate::bps(config.packets_per_second), config.depth_packets);
    flows_.configure(config.flows, config.flow_age);
  }

  bool knows(const FlowTuple& flow, uint64_t hash, Time now) { return flows_.see(flow, hash, now); }
  bool has_bits(Time now, uint64_t bits) { return bits_.available(now, bits) == now; }
  bool take_packet(Time now) { return packets_.take(now, 1); }
  void take_bits(Time now, uint64_t bits) { bits_.take(now, bits); }

  uint64_t bits(Time now) const { return bits_.level(now) / TokenBucket::kUnitsPerBit; }
  uint64_t packets(Time now) const { return packets_.level(now) / TokenBucket::kUnitsPerBit; }

 private:
  Capacity config_;
  TokenBucket bits_;
  TokenBucket packets_;  // a token a packet
  FlowTable flows_;
};

class CapacityStage final : public PacketStage<CapacityStage> {
 public:
  enum Drop : uint16_t { kBandwidth, kPacketRate, kFlowLimit };

  Verdict process(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    const uint32_t id = tables.interfaces[p.meta().interface_out].capacity;
    if (id == 0 || p.meta().interface_in == 0) return Verdict::next();
    Gauge& gauge = gauge_of(id, tables, p.time());
    FlowTuple flow;
    flow_tuple(p, 0, false, flow);
    const uint64_t bits = uint64_t{p.wire_length()} * 8;
    if (!gauge.knows(flow, flow.hash(tables.hash_seed), p.time())) return Verdict::drop(kFlowLimit);
    if (!gauge.has_bits(p.time(), bits)) return Verdict::drop(kBandwidth);
    if (!gauge.take_packet(p.time())) return Verdict::drop(kPacketRate);
    gauge.take_bits(p.time(), bits);
    return Verdict::next();
  }

  void look(Packet p, Context& context, Explanation& out) override {
    const Forwarding& tables = context.tables();
    const uint32_t id = tables.interfaces[p.meta().interface_out].capacity;
    if (id == 0 || p.meta().interface_in == 0) return;
    const Gauge& gauge = gauge_of(id, tables, p.time());
    const uint64_t cost = uint64_t{p.wire_length()} * 8;
    const uint64_t bits = gauge.bits(p.time()), packets = gauge.packets(p.time());
    out.say("costs " + std::to_string(cost) + " bits of " + std::to_string(bits) +
            " and a packet of " + std::to_string(packets) + " that are there");
    out.set("cost_bits", cost);
    out.set("level_bits", bits);
    out.set("level_packets", packets);
    out.set("flow_limit", tables.capacities[id].flows);
  }
  void explain(Packet, Verdict verdict, Context&, Explanation& out) override {
    constexpr const char* kWhy[] = {"too few bits", "no packet left",
                                    "no place for another flow, as many are there as may be"};
    if (!verdict.is_next()) out.say(kWhy[verdict.reason()]);
  }

 private:
  Gauge& gauge_of(uint32_t id, const Forwarding& tables, Time now) noexcept {
    if (tables.generation != generation_) {
      generation_ = tables.generation;
      gauges_.resize(std::max(gauges_.size(), tables.capacities.size()));
      for (size_t i = 1; i < tables.capacities.size(); i++)
        if (gauges_[i]) gauges_[i]->configure(tables.capacities[i], now);
    }
    if (!gauges_[id]) gauges_[id] = std::make_unique<Gauge>(tables.capacities[id]);
    return *gauges_[id];
  }

  uint64_t generation_ = UINT64_MAX;
  std::vector<std::unique_ptr<Gauge>> gauges_;  // by id of the capacity
};

}  // namespace

extern const StageDescriptor stage_capacity{
    .name = "capacity",
    .phase = Phase::lookup,
    .after = {"fib_lookup"},
    .optional = true,
    .drops = {"gw_bandwidth", "gw_packet_rate", "gw_flow_limit"},
    .make = make_stage<CapacityStage>,
};

}  // namespace erbium::dp
