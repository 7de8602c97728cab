// Rules on what can be ordered: bandwidths, tiers, links, limiters.
#include <algorithm>
#include <map>
#include <vector>

#include "common/units_text.h"
#include "control/config/communities.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

constexpr std::array<uint64_t, 8> kProviderMbps{50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000};
constexpr std::array<uint64_t, 8> kDirectGbps{1, 2, 5, 10, 40, 100, 200, 400};

// Which bandwidths a Direct port of this speed carries.
std::vector<uint64_t> direct_gbps(BitRate port) {
  if (port == BitRate::gbps(10)) return {1, 2, 5, 10};
  if (port == BitRate::gbps(100)) return {5, 10, 40, 100};
  if (port == BitRate::gbps(400)) return {5, 10, 40, 100, 200, 400};
  return {kDirectGbps.begin(), kDirectGbps.end()};
}

std::vector<BitRate> offered(const Circuit& circuit) {
  std::vector<BitRate> out;
  if (circuit.model == Circuit::Model::provider) {
    for (const uint64_t mbps : kProviderMbps) out.push_back(BitRate::mbps(mbps));
    return out;
  }
  const auto& link = circuit.links[kPrimary] ? circuit.links[kPrimary] : circuit.links[kSecondary];
  for (const uint64_t gbps : direct_gbps(link->rate)) out.push_back(BitRate::gbps(gbps));
  return out;
}

void report_bandwidth(const Circuit& circuit, BitRate bandwidth, SourceMark mark, Findings& out) {
  const std::vector<BitRate> list = offered(circuit);
  if (std::find(list.begin(), list.end(), bandwidth) != list.end()) return;
  std::string valid;
  for (const BitRate rate : list) valid += (valid.empty() ? "" : ", ") + bit_rate_text(rate);
  out.error(mark, bit_rate_text(bandwidth) + " is not offered for this " +
                      (circuit.model == Circuit::Model::provider ? "provider circuit"
                                                                 : "Direct circuit and port") +
                      "; write one of " + valid);
}

void bandwidth_list(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    report_bandwidth(circuit, circuit.bandwidth, circuit.bandwidth_mark, out);
  for (const TimelineEvent& event : s.timeline)
    if (event.bandwidth)
      report_bandwidth(*find(s.circuits, event.circuit), *event.bandwidth, event.mark, out);
}

void bandwidth_changes(const Scenario& s, Findings& out) {
  std::vector<TimelineEvent> events = s.timeline;
  std::stable_sort(events.begin(), events.end(),
                   [](const TimelineEvent& x, const TimelineEvent& y) { return x.at < y.at; });
  std::map<std::string, BitRate> now;
  for (const TimelineEvent& event : events) {
    if (!event.bandwidth) continue;
    const Circuit& circuit = *find(s.circuits, event.circuit);
    if (!circuit.rate_limit)
      out.warning(event.mark, "'" + circuit.name +
                                  "' has no limiter, so a new bandwidth changes nothing; set "
                                  "rate_limit: true");
    BitRate& before = now.try_emplace(circuit.name, circuit.bandwidth).first->second;
    if (*event.bandwidth < before)
      out.warning(event.mark, "Azure offers no downgrade of a circuit; delete and recreate it");
    if (!event.lasts) before = *event.bandwidth;
  }
}

void bandwidth_fits(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link && link->rate < circuit.bandwidth)
        out.warning(link->rate_mark, "the link's rate " + bit_rate_text(link->rate) +
                                         " is below the bandwidth " +
                                         bit_rate_text(circuit.bandwidth) +
                                         ", so the link decides; raise rate to use the bandwidth");
}

void direct_subscription(const Scenario& s, Findings& out) {
  std::map<std::string, uint64_t> sums;
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links) {
      if (!link || link->port.empty() || circuit.model != Circuit::Model::direct) continue;
      uint64_t& sum = sums[link->port];
      const bool fitted = sum <= 2 * link->rate.bps();
      sum += circuit.bandwidth.bps();
      if (fitted && sum > 2 * link->rate.bps())
        out.error(circuit.bandwidth_mark, "circuits on port '" + link->port + "' subscribe " +
                                              bit_rate_text(BitRate::bps(sum)) +
                                              ", more than twice its speed of " +
                                              bit_rate_text(link->rate) + "; lower a bandwidth");
    }
}

void tier_facts(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    if (circuit.tier == Circuit::Tier::local && circuit.family != Circuit::Family::unlimited)
      out.error(circuit.sku_mark,
                "tier local is sold with unlimited data only; write family: unlimited");
}

void office_premium(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    if (!circuit.microsoft || !circuit.microsoft->route_filter ||
        circuit.tier == Circuit::Tier::premium)
      continue;
    for (const uint32_t community : circuit.microsoft->route_filter->communities)
      if (of_microsoft_365(community))
        out.error(circuit.microsoft->route_filter->mark,
                  "community " + community_text(community) +
                      " is a Microsoft 365 service, which needs tier "
                      "premium; change the tier or the filter");
  }
}

void two_links(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    const auto& [primary, secondary] = circuit.links;
    if (!primary || !secondary)
      out.warning(circuit.mark, "circuit '" + circuit.name +
                                    "' has one link, which is outside "
                                    "the SLA; add the other");
    else if (primary->msee == secondary->msee)
      out.error(secondary->msee_mark, "both links of '" + circuit.name + "' end on MSEE '" +
                                          primary->msee + "'; name two MSEEs");
  }
}

void msee_mtu(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link && link->mtu > 1500)
        out.warning(link->mtu_mark,
                    "an ExpressRoute link carries IP packets of 1500 bytes and no "
                    "jumbo frames; write mtu: 1500");
}

void macsec_direct(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link && !link->macsec.empty() && circuit.model != Circuit::Model::direct)
        out.error(link->macsec_mark,
                  "MACsec is for model direct; remove macsec or change the model");
}

void least_latency(const Scenario& s, Findings& out) {
  constexpr Duration kLeast = Duration::us(1);
  auto report = [&](Duration value, SourceMark mark, const std::string& what) {
    if (value < kLeast)
      out.error(mark, what + " is below 1us, the least lookahead; write 1us or more");
  };
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link)
        report(std::min(link->delay_to_azure, link->delay_to_onprem), link->delay_mark,
               "the link's delay");
  report(s.backbone.delay, s.backbone.mark, "backbone.delay");
  report(s.time.control_latency, s.time.mark, "time.control_latency");
  report(s.time.reply_latency, s.time.mark, "time.reply_latency");
  for (const TimelineEvent& event : s.timeline)
    if (event.delay) report(*event.delay, event.mark, "the new delay");
}

void excess_of_policer(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    if (circuit.limiter.excess > Share() && circuit.limiter.mode == Limiter::Mode::shape)
      out.error(circuit.limiter.excess_mark,
                "a limiter that shapes has no excess; write mode: police, or remove excess");
}

void burst_bounds(const Scenario& s, Findings& out) {
  constexpr uint64_t kMostBits = 18'000'000'000;
  for (const Circuit& circuit : s.circuits) {
    const Burst& burst = circuit.limiter.burst;
    if (burst.bytes && *burst.bytes < Burst::kMinBytes)
      out.error(circuit.limiter.burst_mark, std::to_string(*burst.bytes) +
                                                " bytes hold fewer than 16 frames of 1522 bytes; "
                                                "write 24352B or more");
    else if (burst.bits(circuit.bandwidth) > kMostBits)
      out.error(circuit.limiter.burst_mark,
                "the bucket is deeper than 18 Gbit; write a smaller burst");
  }
}

}  // namespace

std::vector<Rule> circuit_rules() {
  const std::string limits = learn("expressroute-limits");
  const std::string direct = learn("expressroute-erdirect-about");
  const std::string emulator = "erbium: docs/determinism.md";
  return {
      {{"bandwidth-list", Severity::error,
        "Provider circuits: 50 Mbps to 10 Gbps; Direct: 1, 2, 5, 10 Gbps on a 10G port, 5 to 100 "
        "on 100G, 5 to 400 on 400G.",
        limits + ", expressroute-erdirect-about"},
       bandwidth_list},
      {{"bandwidth-change", Severity::warning,
        "A circuit can be upgraded in place, not downgraded.", learn("expressroute-faqs")},
       bandwidth_changes},
      {{"bandwidth-link", Severity::warning, "A link slower than the bandwidth decides.",
        learn("expressroute-faqs")},
       bandwidth_fits},
      {{"direct-subscription", Severity::error,
        "Circuits on a Direct port subscribe at most twice its speed.", direct},
       direct_subscription},
      {{"tier-family", Severity::error, "Tier local comes with unlimited data.",
        learn("expressroute-faqs")},
       tier_facts},
      {{"office-premium", Severity::error, "Microsoft 365 services need tier premium.",
        learn("expressroute-faqs")},
       office_premium},
      {{"two-links", Severity::error,
        "A circuit has two links, to two MSEEs; one link alone is outside the SLA (warning).",
        learn("designing-for-high-availability-with-expressroute")},
       two_links},
      {{"link-mtu", Severity::warning, "The IP MTU of a link is 1500 bytes.", direct}, msee_mtu},
      {{"macsec-direct", Severity::error, "MACsec exists on ExpressRoute Direct only.",
        learn("expressroute-howto-macsec")},
       macsec_direct},
      {{"least-latency", Severity::error, "Delays and control latencies are at least 1us.",
        emulator},
       least_latency},
      {{"burst-bounds", Severity::error,
        "A bucket holds at least 16 frames of 1522 bytes and at most 18 Gbit.", emulator},
       burst_bounds},
      {{"excess-of-policer", Severity::error, "Only a limiter that polices has an excess.",
        "Microsoft Learn: rate-limit"},
       excess_of_policer},
  };
}

}  // namespace erbium::cp
