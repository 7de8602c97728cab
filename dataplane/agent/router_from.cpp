#include "dataplane/agent/router_from.h"

#include <utility>

#include "dataplane/links/token_bucket.h"

namespace erbium::dp {
namespace {

constexpr uint64_t kMaxIcmpErrors = 1'000'000'000;

OverMtu over_mtu(api::Interface::OverMtu m) {
  return m == api::Interface::FRAGMENT      ? OverMtu::fragment
         : m == api::Interface::SILENT_DROP ? OverMtu::silent_drop
                                            : OverMtu::answer;
}

}  // namespace

tl::expected<IcmpConfig, std::string> icmp_from(const api::Node::Icmp& m) {
  IcmpConfig out{.echo = m.echo(), .errors = m.errors()};
  if (!out.errors) return out;
  if (m.rate() == 0 || m.burst() == 0 || m.rate() > kMaxIcmpErrors || m.burst() > kMaxIcmpErrors)
    return tl::unexpected(std::string("rate or burst of ICMP errors out of range"));
  out.rate = m.rate();
  out.burst = m.burst();
  return out;
}

tl::expected<Interface, std::string> interface_from(const api::Interface& m) {
  if (m.outer_vid() > 4094 || m.inner_vid() > 4094 || (m.outer_vid() == 0 && m.inner_vid() != 0))
    return tl::unexpected(std::string("bad id or VLAN id"));
  if (m.flow_age_ns() < 0) return tl::unexpected(std::string("bad age of flows"));
  Interface out{.flow_age = Duration::ns(m.flow_age_ns()),
                .trunk = m.trunk(),
                .outer_vid = static_cast<uint16_t>(m.outer_vid()),
                .inner_vid = static_cast<uint16_t>(m.inner_vid()),
                .vrf = m.vrf(),
                .mtu = m.mtu(),
                .limiter = m.limiter(),
                .capacity = m.capacity(),
                .cross_connect = m.cross_connect(),
                .over_mtu = over_mtu(m.over_mtu()),
                .mute = m.mute(),
                .emulated_hosts = m.emulated_hosts(),
                .name = m.name()};
  for (const auto& [from, to] :
       {std::pair{&m.addresses(), &out.addresses}, {&m.icmp_source(), &out.icmp_source}})
    for (const api::Address& address : *from) {
      const auto ip = api::ip_from(address.ip());
      if (!ip) return tl::unexpected(std::string("bad address"));
      to->push_back(*ip);
    }
  return out;
}

tl::expected<LimiterConfig, std::string> limiter_from(const api::Limiter& m) {
  if (m.rate_bps() == 0 || m.depth_bits() == 0 || m.depth_bits() > TokenBucket::kMaxDepthBits)
    return tl::unexpected(std::string("rate or depth out of range"));
  static constexpr LimiterConfig::Count kCounts[] = {
      LimiterConfig::Count::l2, LimiterConfig::Count::l1, LimiterConfig::Count::l3};
  return LimiterConfig{.name = m.name(),
                       .mode = m.mode() == api::Limiter::POLICE ? LimiterConfig::Mode::police
                                                                : LimiterConfig::Mode::shape,
                       .count = kCounts[m.count() % 3],
                       .rate = BitRate::bps(m.rate_bps()),
                       .depth_bits = m.depth_bits(),
                       .queue = Duration::ns(m.queue_ns()),
                       .excess = BitRate::bps(m.excess_bps())};
}

tl::expected<Capacity, std::string> capacity_from(const api::Capacity& m) {
  const auto bucket = [](uint64_t rate, uint64_t depth) {
    return rate > 0 && depth > 0 && depth <= TokenBucket::kMaxDepthBits;
  };
  if (!bucket(m.rate_bps(), m.depth_bits()) || !bucket(m.packets_per_second(), m.depth_packets()) ||
      m.flows() == 0 || m.flow_age_ns() <= 0)
    return tl::unexpected(std::string("rate, depth or flows out of range"));
  return Capacity{.rate = BitRate::bps(m.rate_bps()),
                  .depth_bits = m.depth_bits(),
                  .packets_per_second = m.packets_per_second(),
                  .depth_packets = m.depth_packets(),
                  .flows = m.flows(),
                  .flow_age = Duration::ns(m.flow_age_ns())};
}

}  // namespace erbium::dp
