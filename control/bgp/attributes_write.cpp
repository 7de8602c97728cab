// Writes path attributes in the order of their types, each with the flags of its definition.
#include <algorithm>

#include "control/bgp/attributes.h"

namespace erbium::cp::bgp {
namespace {

struct PathForm {
  bool wide;            // AS numbers of 4 octets
  bool confederations;  // AS4_PATH holds no confederation segments (RFC 6793 §3)
};

size_t path_length(const AsPath& path, PathForm form) {
  size_t length = 0;
  for (const AsSegment& segment : path.segments) {
    if (is_confederation(segment) && !form.confederations) continue;
    const size_t count = segment.asns.size();
    length += (count + kMaxSegment - 1) / kMaxSegment * 2 + count * (form.wide ? 4 : 2);
  }
  return length;
}

void write_path(OctetWriter& to, const AsPath& path, PathForm form) {
  for (const AsSegment& segment : path.segments) {
    if (is_confederation(segment) && !form.confederations) continue;
    for (std::span<const uint32_t> rest = segment.asns; !rest.empty();) {
      const auto part = rest.first(std::min(rest.size(), kMaxSegment));
      rest = rest.subspan(part.size());
      to.u8(static_cast<unsigned>(segment.type));
      to.u8(static_cast<unsigned>(part.size()));
      for (const uint32_t asn : part) {
        if (form.wide)
          to.u32(asn);
        else
          to.u16(asn > 0xffff ? kAsTrans : asn);
      }
    }
  }
}

// RFC 6793 §4.2.2: only where an AS number does not fit into two octets.
bool needs_as4_path(const AsPath& path) {
  return std::ranges::any_of(path.segments, [](const AsSegment& segment) {
    return !is_confederation(segment) &&
           std::ranges::any_of(segment.asns, [](uint32_t asn) { return asn > 0xffff; });
  });
}

// The attributes of one UPDATE; those that the codec does not know are put between the others.
class Writer {
 public:
  Writer(const PathAttributes& values, std::vector<uint8_t>& out) : values_(values), to_(out) {
    for (const auto& attribute : values.unknown) unknown_.push_back(&attribute);
    std::ranges::stable_sort(unknown_, {}, &UnknownAttribute::type);
  }

  OctetWriter& begin(uint8_t flags, uint8_t type, size_t length) {
    unknown_up_to(type);
    write_attribute_header(to_, flags, type, length);
    return to_;
  }

  void path(uint8_t flags, uint8_t type, PathForm form) {
    begin(flags, type, path_length(values_.as_path, form));
    write_path(to_, values_.as_path, form);
  }

  void unknown_up_to(unsigned type) {
    for (; next_ < unknown_.size() && unknown_[next_]->type < type; next_++) {
      const UnknownAttribute& attribute = *unknown_[next_];
      write_attribute_header(to_, attribute.flags, attribute.type, attribute.value.size());
      to_.octets(attribute.value);
    }
  }

 private:
  const PathAttributes& values_;
  OctetWriter to_;
  std::vector<const UnknownAttribute*> unknown_;
  size_t next_ = 0;
};

void write_aggregator(Writer& to, const Aggregator& aggregator, bool as4) {
  OctetWriter& out = to.begin(kOptional | kTransitive, kAggregator, as4 ? 8 : 6);
  if (as4)
    out.u32(aggregator.asn);
  else
    out.u16(aggregator.asn > 0xffff ? kAsTrans : aggregator.asn);
  out.u32(aggregator.address);
}

// Types 1 to 7.
void write_basic(Writer& to, const PathAttributes& values, const CodecOptions& options,
                 bool next_hop) {
  to.begin(kTransitive, kOrigin, 1).u8(static_cast<unsigned>(values.origin));
  to.path(kTransitive, kAsPath, {.wide = options.as4, .confederations = true});
  if (next_hop) to.begin(kTransitive, kNextHop, 4).u32(values.next_hop->v4_host());
  if (values.med) to.begin(kOptional, kMed, 4).u32(*values.med);
  if (values.local_pref && !options.external)
    to.begin(kTransitive, kLocalPref, 4).u32(*values.local_pref);
  if (values.atomic_aggregate) to.begin(kTransitive, kAtomicAggregate, 0);
  if (values.aggregator) write_aggregator(to, *values.aggregator, options.as4);
}

// RFC 6793 §4.2.2, to a peer with 2-octet AS numbers.
void write_as4(Writer& to, const PathAttributes& values) {
  if (needs_as4_path(values.as_path))
    to.path(kOptional | kTransitive, kAs4Path, {.wide = true, .confederations = false});
  if (values.aggregator && values.aggregator->asn > 0xffff) {
    OctetWriter& out = to.begin(kOptional | kTransitive, kAs4Aggregator, 8);
    out.u32(values.aggregator->asn);
    out.u32(values.aggregator->address);
  }
}

}  // namespace

void write_attribute_header(OctetWriter& to, uint8_t flags, uint8_t type, size_t length) {
  const bool extended = length > 0xff;
  to.u8((flags & ~kExtended) | (extended ? kExtended : 0u));
  to.u8(type);
  if (extended)
    to.u16(static_cast<unsigned>(length));
  else
    to.u8(static_cast<unsigned>(length));
}

void write_attributes(const PathAttributes& values, const CodecOptions& options, bool next_hop,
                      std::vector<uint8_t>& out) {
  Writer to(values, out);
  write_basic(to, values, options, next_hop);
  if (!values.communities.empty()) {
    OctetWriter& list =
        to.begin(kOptional | kTransitive, kCommunities, values.communities.size() * 4);
    for (const uint32_t community : values.communities) list.u32(community);
  }
  if (!values.extended_communities.empty()) {
    OctetWriter& list = to.begin(kOptional | kTransitive, kExtendedCommunities,
                                 values.extended_communities.size() * 8);
    for (const uint64_t community : values.extended_communities) list.u64(community);
  }
  if (!options.as4) write_as4(to, values);
  if (!values.large_communities.empty()) {
    OctetWriter& list =
        to.begin(kOptional | kTransitive, kLargeCommunities, values.large_communities.size() * 12);
    for (const LargeCommunity& community : values.large_communities) {
      list.u32(community.global);
      list.u32(community.local1);
      list.u32(community.local2);
    }
  }
  to.unknown_up_to(256);
}

}  // namespace erbium::cp::bgp
