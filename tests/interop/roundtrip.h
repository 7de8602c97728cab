// Whether an UPDATE means the same after it has been encoded and decoded again. One message may
// come back as several, a kind of prefixes each.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "control/bgp/codec.h"

namespace erbium::cp::bgp {

// What a sequence of UPDATEs says, by family.
struct Meaning {
  std::vector<net::Prefix> withdrawn, announced;
  std::vector<Family> ends;
};

inline void add(const Update& update, Family family, Meaning& to) {
  const auto ours = [family](const net::Prefix& p) { return p.address.family == family; };
  std::ranges::copy_if(update.withdrawn, std::back_inserter(to.withdrawn), ours);
  std::ranges::copy_if(update.announced, std::back_inserter(to.announced), ours);
}

inline PathAttributes for_family(PathAttributes attributes, Family family) {
  if (family == Family::v4) {
    attributes.next_hop6.reset();
    attributes.next_hop_link_local.reset();
  } else {
    attributes.next_hop.reset();
  }
  return attributes;
}

inline bool has_confederation(const PathAttributes& attributes) {
  return std::ranges::any_of(attributes.as_path.segments, [](const AsSegment& segment) {
    return segment.type >= AsSegment::Type::confed_sequence;
  });
}

// All messages of `octets`; empty `wrong` when each decodes without a remark.
inline std::vector<Update> decode_all(std::span<const uint8_t> octets, const CodecOptions& options,
                                      std::string& wrong) {
  std::vector<Update> out;
  while (!octets.empty() && wrong.empty()) {
    const auto length = message_length(octets, options);
    if (!length || *length == 0 || *length > octets.size()) {
      wrong = "what was encoded is no message";
      break;
    }
    const auto decoded = decode(octets.first(*length), options);
    if (!decoded)
      wrong = "what was encoded is fatal: " + decoded.error().what;
    else if (!decoded->errors.empty())
      wrong = "what was encoded is wrong: " + decoded->errors[0].what;
    else
      out.push_back(std::get<Update>(decoded->message));
    octets = octets.subspan(*length);
  }
  return out;
}

inline std::string attribute_difference(const Update& before, const Update& after) {
  if (before.announced.empty() && after.attributes != before.attributes) return "other attributes";
  if (after.announced.empty()) return {};
  const Family family = after.announced[0].address.family;
  if (for_family(*after.attributes, family) != for_family(*before.attributes, family))
    return "other attributes of the announced";
  return {};
}

// Empty when nothing changed. AS4_PATH holds no confederation segments, so a path with those does
// not always come back from a peer with 2-octet AS numbers (RFC 6793 §3).
inline std::string roundtrip_difference(const Update& update, const CodecOptions& options) {
  if (!options.as4 && update.attributes && has_confederation(*update.attributes)) return {};
  std::vector<uint8_t> octets;
  encode(update, options, octets);
  std::string wrong;
  const std::vector<Update> after = decode_all(octets, options, wrong);
  if (!wrong.empty()) return wrong;
  for (const Family family : {Family::v4, Family::v6}) {
    Meaning found, wanted;
    add(update, family, wanted);
    for (const Update& one : after) add(one, family, found);
    if (found.withdrawn != wanted.withdrawn) return "other withdrawn prefixes";
    if (found.announced != wanted.announced) return "other announced prefixes";
  }
  for (const Update& one : after) {
    if (end_of_rib(one) != end_of_rib(update)) return "an End-of-RIB comes or goes";
    if (!one.announced.empty() || update.withdrawn.empty())
      if (auto difference = attribute_difference(update, one); !difference.empty())
        return difference;
  }
  return {};
}

}  // namespace erbium::cp::bgp
