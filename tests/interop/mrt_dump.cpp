// Prints the routes of an MRT file as `bgpdump -m` does, a line each, and checks on the way that
// every UPDATE means the same after it has been encoded and decoded again. State changes are left
// out, as are the path identifiers of messages (RFC 8050).
//
// usage: mrt_dump FILE      exit code 1 for a file that cannot be read or an UPDATE that changes
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "control/bgp/codec.h"
#include "control/mrt/reader.h"
#include "tests/interop/roundtrip.h"

namespace erbium::cp {
namespace {

std::string text(const std::vector<uint32_t>& communities) {
  std::string out;
  for (const uint32_t community : communities) {
    if (!out.empty()) out += ' ';
    switch (community) {
      case 0xffffff01:
        out += "no-export";
        break;
      case 0xffffff02:
        out += "no-advertise";
        break;
      case 0xffffff03:
        out += "local-AS";
        break;
      default:
        out += std::to_string(community >> 16) + ":" + std::to_string(community & 0xffff);
    }
  }
  return out;
}

std::string text(const std::vector<bgp::LargeCommunity>& communities) {
  std::string out;
  for (const auto& [global, local1, local2] : communities) {
    if (!out.empty()) out += ' ';
    out += std::to_string(global) + ":" + std::to_string(local1) + ":" + std::to_string(local2);
  }
  return out;
}

// The fields behind the prefix. bgpdump says 255.255.255.255 where there is no next hop.
std::string text(const bgp::PathAttributes& attributes, net::Family family) {
  static constexpr const char* kOrigins[] = {"IGP", "EGP", "INCOMPLETE"};
  const auto& next_hop = family == net::Family::v6 ? attributes.next_hop6 : attributes.next_hop;
  std::string out = "|" + attributes.as_path.str();
  out += std::string("|") + kOrigins[static_cast<size_t>(attributes.origin)];
  out += "|" + (next_hop ? next_hop->str() : "255.255.255.255");
  out += "|" + std::to_string(attributes.local_pref.value_or(0));
  out += "|" + std::to_string(attributes.med.value_or(0));
  out += "|" + text(attributes.communities);
  if (!attributes.large_communities.empty()) out += " " + text(attributes.large_communities);
  out += attributes.atomic_aggregate ? "|AG|" : "|NAG|";
  if (attributes.aggregator)
    out += std::to_string(attributes.aggregator->asn) + " " +
           net::Ip::v4(attributes.aggregator->address).str();
  return out + "|";
}

std::string head(const char* kind, uint32_t time, char letter, const mrt::Peer& peer,
                 const net::Prefix& prefix) {
  return std::string(kind) + "|" + std::to_string(time) + "|" + letter + "|" + peer.address.str() +
         "|" + std::to_string(peer.asn) + "|" + prefix.str();
}

void print(const mrt::RibEntry& entry) {
  const char* kind = !entry.version2 ? "TABLE_DUMP"
                     : entry.path_id ? "TABLE_DUMP2_AP"
                                     : "TABLE_DUMP2";
  std::string line = head(kind, entry.time, 'B', entry.peer, entry.prefix);
  if (entry.path_id) line += "|" + std::to_string(*entry.path_id);
  std::puts((line + text(entry.attributes, entry.prefix.address.family)).c_str());
  for (const auto& error : entry.errors) std::fprintf(stderr, "%s\n", error.what.c_str());
}

void print(const mrt::BgpMessage& entry, const bgp::Update& update) {
  const char* kind = entry.path_ids ? "BGP4MP_AP" : "BGP4MP";
  for (const auto& prefix : update.withdrawn)
    std::puts(head(kind, entry.time, 'W', entry.peer, prefix).c_str());
  for (const auto& prefix : update.announced)
    std::puts((head(kind, entry.time, 'A', entry.peer, prefix) +
               text(*update.attributes, prefix.address.family))
                  .c_str());
}

// False when the message cannot be read or does not come back as it was.
bool take(const mrt::BgpMessage& entry) {
  const bgp::CodecOptions options{.as4 = entry.as4,
                                  .receives_extended = true,
                                  .multiprotocol_v6 = true,
                                  .external = false,
                                  .path_ids = entry.path_ids};
  const auto decoded = bgp::decode(entry.octets, options);
  if (!decoded) {
    std::fprintf(stderr, "fatal: %s\n", decoded.error().what.c_str());
    return false;
  }
  for (const auto& error : decoded->errors) std::fprintf(stderr, "%s\n", error.what.c_str());
  const auto* update = std::get_if<bgp::Update>(&decoded->message);
  if (update == nullptr) return true;
  print(entry, *update);
  bool same = true;
  for (const bool as4 : {false, true}) {
    bgp::CodecOptions other = options;
    other.as4 = as4;
    other.path_ids = false;
    const std::string difference = bgp::roundtrip_difference(*update, other);
    if (difference.empty()) continue;
    std::fprintf(stderr, "changed: %s\n", difference.c_str());
    same = false;
  }
  return same;
}

int dump(const char* path) {
  mrt::Reader reader{std::string(path)};
  bool good = true;
  while (const auto entry = reader.next()) {
    if (const auto* route = std::get_if<mrt::RibEntry>(&*entry))
      print(*route);
    else
      good = take(std::get<mrt::BgpMessage>(*entry)) && good;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace erbium::cp

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: mrt_dump FILE\n");
    return 2;
  }
  try {
    return erbium::cp::dump(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
    return 1;
  }
}
