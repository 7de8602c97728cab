#include "control/scenario/inferred.h"

#include <algorithm>

namespace erbium::cp {
namespace {

using net::Prefix;

// Networks of the emulation itself; the first that is on no side is taken.
constexpr std::array kGatewaySubnets = {"10.255.255.0/27", "172.31.255.0/27", "192.168.255.0/27",
                                        "100.127.255.0/27", "198.19.255.0/27"};
constexpr std::array kPeering4 = {"192.0.2.0/29", "198.51.100.0/29", "203.0.113.0/29",
                                  "198.18.255.0/29", "172.31.254.0/29"};
constexpr std::array kPeering6 = {"fd00:16::/125", "2001:db8:16::/125", "fdff:16::/125"};
// Sides of captures that show none.
constexpr std::array kOnprem = {"192.168.0.0/16", "172.20.0.0/16", "10.20.0.0/16"};
constexpr std::array kAzure = {"10.0.0.0/16", "172.21.0.0/16", "192.168.128.0/17"};

// nullopt when every one overlaps. A default route leaves room for anything.
template <size_t N>
std::optional<Prefix> choose(const std::array<const char*, N>& from,
                             const std::vector<Prefix>& used) {
  for (const char* text : from) {
    const Prefix prefix = *Prefix::parse(text);
    if (std::none_of(used.begin(), used.end(), [&](const Prefix& other) {
          return other.length > 0 && other.overlaps(prefix);
        }))
      return prefix;
  }
  return std::nullopt;
}

// What is left of the prefixes without `hole`; those inside of it go.
std::vector<Prefix> without(const std::vector<Prefix>& prefixes, const Prefix& hole) {
  std::vector<Prefix> out;
  for (const Prefix& prefix : prefixes) {
    if (!prefix.overlaps(hole)) out.push_back(prefix);
    for (unsigned length = prefix.length; prefix.contains(hole) && length < hole.length; length++) {
      const Prefix parent = Prefix{hole.address, static_cast<uint8_t>(length)}.canonical();
      const Prefix first{parent.address, static_cast<uint8_t>(length + 1)};
      out.push_back(first.contains(hole.address) ? first.following(1) : first);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// As choose(), for what Azure's prefixes have been found to be: where they leave nothing they are
// parted around the first that is on premises nowhere and holds no host.
template <size_t N>
std::optional<Prefix> choose_or_part(const std::array<const char*, N>& from,
                                     const CaptureSummary& summary, const Sides& sides,
                                     std::vector<Prefix>& azure) {
  std::vector<Prefix> used = sides.onprem.prefixes;
  used.insert(used.end(), azure.begin(), azure.end());
  if (const auto free = choose(from, used)) return free;
  for (const char* text : from) {
    const Prefix prefix = *Prefix::parse(text);
    const bool held = std::any_of(summary.conversations.begin(), summary.conversations.end(),
                                  [&](const Conversation& talk) {
                                    return prefix.contains(talk.a) || prefix.contains(talk.b);
                                  });
    if (held || !choose(std::array{text}, sides.onprem.prefixes)) continue;
    azure = without(azure, prefix);
    return prefix;
  }
  return std::nullopt;
}

struct Plan {
  Sides sides;
  bool none_seen = false;  // sides are defaults
  Prefix gateway_subnet, peering4;
  std::optional<Prefix> peering6;
  uint64_t bandwidth_mbps = 1000;
  bool too_slow = false;  // the largest circuit is
  std::string gso;
};

std::optional<Plan> plan(const CaptureSummary& summary, const InferredInput& input) {
  Plan out;
  out.sides = infer_sides(summary, input.given);
  std::vector<Prefix>& onprem = out.sides.onprem.prefixes;
  std::vector<Prefix>& azure = out.sides.azure.prefixes;
  out.none_seen = onprem.empty() && azure.empty();
  if (onprem.empty()) onprem = {choose(kOnprem, azure).value_or(*Prefix::parse("0.0.0.0/0"))};
  std::vector<Prefix> used = onprem;
  if (azure.empty()) {
    const auto chosen = choose(kAzure, used);
    if (!chosen) return std::nullopt;
    azure = {*chosen};
  }
  used.insert(used.end(), azure.begin(), azure.end());
  if (std::any_of(azure.begin(), azure.end(), [](const Prefix& p) { return p.length == 0; }))
    return std::nullopt;
  const auto take = [&](const auto& from) {
    return input.given.azure.empty() ? choose_or_part(from, summary, out.sides, azure)
                                     : choose(from, used);
  };
  const auto gateway = take(kGatewaySubnets);
  const auto peering4 = take(kPeering4);
  if (!gateway || !peering4) return std::nullopt;
  out.gateway_subnet = *gateway;
  out.peering4 = *peering4;
  const auto is_v6 = [](const Prefix& p) { return !p.address.is_v4(); };
  if (std::any_of(used.begin(), used.end(), is_v6)) {
    out.peering6 = take(kPeering6);
    if (!out.peering6) return std::nullopt;
  }
  const uint64_t bps = input.rate ? input.rate->bps() : summary.peak_bps;
  for (const uint64_t mbps : {1000, 2000, 5000, 10000}) {
    out.bandwidth_mbps = mbps;
    out.too_slow = bps > mbps * 1'000'000;
    if (!out.too_slow) break;
  }
  if (summary.super_frames > 0) out.gso = summary.largest_mss > 1460 ? "keep" : "resegment";
  return out;
}

std::string join(const std::vector<Prefix>& prefixes, size_t most = SIZE_MAX) {
  std::string out;
  for (size_t i = 0; i < prefixes.size() && i < most; i++) {
    if (i > 0) out += ", ";
    out += prefixes[i].str();
  }
  if (prefixes.size() > most) out += " and " + std::to_string(prefixes.size() - most) + " more";
  return out;
}

std::string counted(uint64_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A flow sequence that keeps to the line length, its brackets `indent` to the right.
std::string sequence(const std::vector<Prefix>& prefixes, size_t indent) {
  std::string out = "[";
  size_t width = indent + 1;
  for (size_t i = 0; i < prefixes.size(); i++) {
    const std::string item =
        "\"" + prefixes[i].str() + "\"" + (i + 1 < prefixes.size() ? "," : "]");
    if (i > 0 && width + 1 + item.size() > 96) {
      out += "\n" + std::string(indent + 1, ' ');
      width = indent + 1;
    } else if (i > 0) {
      out += " ";
      width++;
    }
    out += item;
    width += item.size();
  }
  return out;
}

// A paragraph of comment, wrapped; its first line begins with `bullet`.
std::string comment(const std::string& bullet, const std::string& text) {
  constexpr size_t kWidth = 98;
  std::string out, line = "# " + bullet;
  size_t words = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (words > 0 && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "# " + std::string(bullet.size(), ' ') + word;
    } else {
      line += (words > 0 ? " " : "") + word;
    }
    words++;
    at = end + 1;
  }
  return out + line + "\n";
}

std::string gbps(uint64_t mbps) { return std::to_string(mbps / 1000) + "Gbps"; }

std::string sides_text(const Plan& plan) {
  const Sides& sides = plan.sides;
  if (plan.none_seen)
    return "no two hosts exchange unicast IP packets: on-premises " + join(sides.onprem.prefixes) +
           " and Azure " + join(sides.azure.prefixes) + " by default";
  return "on-premises " + join(sides.onprem.prefixes, 4) + " (" +
         counted(sides.onprem.hosts, "host") + "), Azure " + join(sides.azure.prefixes, 4) + " (" +
         counted(sides.azure.hosts, "host") + "): " + sides.because;
}

std::string traffic_text(const CaptureSummary& summary, const Sides& sides) {
  std::string out = std::to_string(sides.crossing) + " of " + counted(summary.packets, "packet") +
                    " are between the sides; " + counted(sides.opened_onprem, "flow") +
                    " opened on-premises, " + std::to_string(sides.opened_azure) + " in Azure";
  const std::pair<uint64_t, const char*> others[] = {
      {sides.staying + summary.unlisted, "unicast packets that stay on a side"},
      {sides.local, "with addresses that no router forwards"},
      {summary.group, "to groups"},
      {summary.arp, "ARP"},
      {summary.other, "of other protocols"},
      {summary.refused, "that hold no Ethernet frame"}};
  for (const auto& [n, what] : others)
    if (n > 0) out += "; " + std::to_string(n) + " " + what;
  return out;
}

std::string network(const Plan& plan) {
  const auto half = [](const Prefix& pair, uint32_t n) {
    const Prefix first{pair.address, static_cast<uint8_t>(pair.length + 1)};
    return (n == 0 ? first : first.following(n)).str();
  };
  std::vector<Prefix> vnet = plan.sides.azure.prefixes;
  vnet.push_back(plan.gateway_subnet);
  std::string out =
      "ports:\n"
      "  branch: {}                       # on-premises: the customer's LAN\n"
      "  cloud: {}                        # Azure: the virtual network\n\n"
      "circuits:\n"
      "  er:\n"
      "    model: provider\n"
      "    sku: { tier: standard, family: metered }\n"
      "    bandwidth: " +
      gbps(plan.bandwidth_mbps) +
      "\n"
      "    links:\n"
      "      primary:   { msee: msee-a, rate: 10Gbps, delay: 1.2ms }\n"
      "      secondary: { msee: msee-b, rate: 10Gbps, delay: 1.3ms }\n"
      "    peerings:\n"
      "      private:\n"
      "        vlan: 100\n"
      "        peer_asn: 65001\n"
      "        ipv4: { primary: " +
      half(plan.peering4, 0) + ", secondary: " + half(plan.peering4, 1) + " }\n";
  if (plan.peering6)
    out += "        ipv6: { primary: \"" + half(*plan.peering6, 0) + "\", secondary: \"" +
           half(*plan.peering6, 1) + "\" }\n";
  out +=
      "\ngateways:\n"
      "  ergw: { sku: ErGw3AZ, vnet: azure, circuits: [{ id: er }] }\n\n"
      "vnets:\n"
      "  azure:\n"
      "    prefixes:\n"
      "      " +
      sequence(vnet, 6) +
      "\n"
      "    subnets:\n"
      "      GatewaySubnet: { prefix: " +
      plan.gateway_subnet.str() +
      " }\n"
      "    port: cloud\n\n"
      "onprem:\n"
      "  ce:\n"
      "    asn: 65001\n"
      "    port: branch\n"
      "    announce:\n";
  for (const Prefix& prefix : plan.sides.onprem.prefixes)
    out += "      - { prefix: \"" + prefix.str() + "\" }\n";
  return out;
}

std::string replay(const Plan& plan, const InferredInput& input) {
  std::string out =
      "# A packet from an address of Azure enters at the cloud, every other one at the branch.\n"
      "replay:\n";
  for (size_t i = 0; i < input.files.size(); i++) {
    out += "  - name: capture" + (i > 0 ? std::to_string(i + 1) : std::string()) +
           "\n    file: " + quoted(input.files[i]) + "\n    port: branch\n";
    for (const auto& [key, value] : input.keys) out += "    " + key + ": " + value + "\n";
    const auto is_gso = [](const auto& key) { return key.first == "gso"; };
    if (!plan.gso.empty() && std::none_of(input.keys.begin(), input.keys.end(), is_gso))
      out += "    gso: " + plan.gso + "\n";
    out += "    split:\n      port: cloud\n      by: prefixes\n      azure:\n        " +
           sequence(plan.sides.azure.prefixes, 8) + "\n";
  }
  return out;
}

std::string circuit_text(const Plan& plan) {
  return "a circuit of " + gbps(plan.bandwidth_mbps) +
         (plan.too_slow ? ", the largest of a provider and less than the capture's peak," : "") +
         " with primary and secondary link, static routes" +
         (plan.gso == "resegment" ? "; TCP super-frames are cut to 1,500 bytes"
          : plan.gso == "keep"    ? "; TCP packets above 1,500 bytes are jumbo frames"
                                  : "");
}

}  // namespace

tl::expected<InferredScenario, std::string> infer_scenario(const CaptureSummary& summary,
                                                           const InferredInput& input) {
  const std::optional<Plan> found = plan(summary, input);
  if (!found)
    return tl::unexpected(
        std::string("the sides leave no addresses for the circuit and its gateway; name narrower "
                    "ones with --onprem and --azure"));
  const std::string sides = sides_text(*found), traffic = traffic_text(summary, found->sides);
  InferredScenario out;
  out.assumed = {sides, circuit_text(*found), traffic};
  out.text =
      "# Written by erbium replay, from the captures alone. It assumed\n#\n" +
      comment("- ", sides + ";") + comment("- ", circuit_text(*found) + ".") + "#\n" +
      comment("", "It saw: " + traffic + ".") +
      "# Change what is wrong, and run it with erbium run FILE --out DIRECTORY.\n"
      "erbium: 1\nname: " +
      quoted(input.name) + "\nseed: 1\n\n" + network(*found) + "\n" + replay(*found, input) +
      "\n# Routes are what this file says. Without this line BGP and BFD sessions decide, as\n"
      "# packets among the capture's own.\n"
      "control: { routes: static }\n\noutputs: { dir: " +
      quoted(input.directory) + ", report: [html] }\n";
  return out;
}

}  // namespace erbium::cp
