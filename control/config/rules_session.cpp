// Rules on AS numbers, BGP keys and timers, BFD and Microsoft peering's routes.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <set>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

constexpr uint32_t kMicrosoftAsn = 12076;

void report_reserved(uint32_t asn, SourceMark mark, Findings& out) {
  if (asn == kMicrosoftAsn)
    out.error(mark, "12076 is the AS number of the MSEEs themselves; write the customer's");
  if (asn >= 65515 && asn <= 65520)
    out.error(mark, "AS " + std::to_string(asn) +
                        " is reserved by Azure (65515 to 65520); use another, such as 65001");
}

void reserved_asn(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit))
      report_reserved(peering->peer_asn, peering->peer_asn_mark, out);
  for (const Ce& ce : s.onprem) report_reserved(ce.asn, ce.asn_mark, out);
}

// RFC 5398 for documentation, RFC 6996 for private use.
void microsoft_asn(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    if (!circuit.microsoft) continue;
    const uint32_t asn = circuit.microsoft->peer_asn;
    if (asn >= 64496 && asn <= 64511)
      out.error(circuit.microsoft->peer_asn_mark,
                "AS " + std::to_string(asn) +
                    " is for documentation, which Microsoft peering refuses; use a registered one");
    if ((asn >= 64512 && asn <= 65534) || (asn >= 4'200'000'000 && asn <= 4'294'967'294))
      out.warning(circuit.microsoft->peer_asn_mark,
                  "private AS " + std::to_string(asn) +
                      " needs manual validation on Microsoft peering; a registered one does not");
  }
}

void ce_asn(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem) {
    std::set<std::string> reported;
    for (const LinkRef& link : ce.links)
      for (const Peering* peering : peerings(*find(s.circuits, link.circuit)))
        if (peering->peer_asn != ce.asn && reported.insert(link.circuit).second)
          out.error(ce.asn_mark, "router '" + ce.name + "' is AS " + std::to_string(ce.asn) +
                                     " but circuit '" + link.circuit + "' expects peer AS " +
                                     std::to_string(peering->peer_asn) + "; make them agree");
  }
}

std::optional<std::string> read_key(const SecretRef& secret) {
  if (secret.from == SecretRef::From::env) {
    const char* value = std::getenv(secret.name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  }
  if (secret.from == SecretRef::From::keyring) return std::nullopt;
  std::ifstream file(secret.name);
  std::string line;
  return std::getline(file, line) ? std::optional(line) : std::nullopt;
}

// The key itself never stands in a message.
void md5_key(const Scenario& s, Findings& out) {
  constexpr size_t kLongest = 25;
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit)) {
      if (!peering->md5) continue;
      const auto key = read_key(*peering->md5);
      if (!key) continue;
      if (key->empty() || key->size() > kLongest)
        out.error(peering->md5->mark, "the key in '" + peering->md5->name + "' has " +
                                          std::to_string(key->size()) + " characters; use 1 to 25");
      else if (!std::all_of(key->begin(), key->end(),
                            [](unsigned char c) { return c < 128 && std::isalnum(c); }))
        out.error(peering->md5->mark, "the key in '" + peering->md5->name +
                                          "' has characters other than A-Z, a-z and 0-9; use "
                                          "letters and digits only");
    }
}

// Timers travel as whole seconds in 16 bits (RFC 4271 section 4.2).
void timers(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit)) {
      if (!peering->timers) continue;
      const auto& [keepalive, hold, mark] = *peering->timers;
      if (keepalive < Duration::s(3)) out.error(mark, "keepalive is below 3s; write 3s or more");
      if (hold < Duration::s(10)) out.error(mark, "hold is below 10s; write 10s or more");
      if (hold > Duration::s(65535)) out.error(mark, "hold exceeds 65535s; write less");
      if (keepalive.ns() % Duration::s(1).ns() != 0 || hold.ns() % Duration::s(1).ns() != 0)
        out.error(mark, "BGP timers are whole seconds; write for example 60s and 180s");
      if (hold <= keepalive)
        out.error(mark, "hold does not exceed keepalive; write three times the keepalive");
    }
}

void bfd(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit)) {
      if (!peering->bfd) continue;
      const Duration fastest = std::min(peering->bfd->tx, peering->bfd->rx);
      if (fastest <= Duration{})
        out.error(peering->bfd->mark, "a BFD interval is zero; write 300ms");
      else if (fastest < Duration::ms(300))
        out.warning(peering->bfd->mark,
                    "an MSEE keeps to 300ms and the slower side decides; write 300ms");
    }
}

void microsoft_routes(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    if (!circuit.microsoft) continue;
    const Peering& peering = *circuit.microsoft;
    if (peering.advertised_prefixes.empty())
      out.warning(peering.mark,
                  describe(circuit, peering) +
                      " has no advertised_prefixes, so that BGP stays down; add them");
    if (!peering.route_filter)
      out.warning(peering.mark, describe(circuit, peering) +
                                    " has no route_filter, so that it receives no route; add one");
  }
}

}  // namespace

std::vector<Rule> session_rules() {
  const std::string routing = learn("expressroute-routing");
  const std::string how_to = learn("expressroute-howto-routing-portal-resource-manager");
  return {
      {{"reserved-asn", Severity::error,
        "The customer's AS number is neither 12076 nor 65515 to 65520.", routing},
       reserved_asn},
      {{"microsoft-asn", Severity::error,
        "Microsoft peering refuses documentation AS numbers (64496 to 64511); private ones need "
        "manual validation (warning).",
        routing},
       microsoft_asn},
      {{"ce-asn", Severity::error, "A router has the AS number that its peerings expect.",
        "RFC 4271 section 6.2"},
       ce_asn},
      {{"md5-key", Severity::error,
        "A BGP key has at most 25 letters and digits; checked where it can be read.", how_to},
       md5_key},
      {{"bgp-timers", Severity::error,
        "Keepalive is at least 3 s and hold at least 10 s, in whole seconds.",
        learn("expressroute-bfd")},
       timers},
      {{"bfd-interval", Severity::error,
        "BFD intervals are above zero; below 300 ms they have no effect (warning).",
        learn("expressroute-bfd")},
       bfd},
      {{"microsoft-routes", Severity::warning,
        "Microsoft peering needs advertised prefixes and a route filter before routes flow.",
        learn("expressroute-faqs")},
       microsoft_routes},
  };
}

}  // namespace erbium::cp
