// Reads path attributes (RFC 4271 §4.3, §5) and says of each that is wrong what RFC 7606 §3-§7 does
// about it: discards the attribute, takes the routes back or ends the session.
#include "control/bgp/attributes.h"

#include <algorithm>
#include <string>

namespace erbium::cp::bgp {
namespace {

// What is known of an attribute; `flags` are the Optional and Transitive bits of its definition.
struct Definition {
  uint8_t type;
  uint8_t flags;
  const char* name;
};

constexpr Definition kDefinitions[] = {
    {kOrigin, kTransitive, "ORIGIN"},
    {kAsPath, kTransitive, "AS_PATH"},
    {kNextHop, kTransitive, "NEXT_HOP"},
    {kMed, kOptional, "MULTI_EXIT_DISC"},
    {kLocalPref, kTransitive, "LOCAL_PREF"},
    {kAtomicAggregate, kTransitive, "ATOMIC_AGGREGATE"},
    {kAggregator, kOptional | kTransitive, "AGGREGATOR"},
    {kCommunities, kOptional | kTransitive, "COMMUNITIES"},
    {kOriginatorId, kOptional, "ORIGINATOR_ID"},
    {kClusterList, kOptional, "CLUSTER_LIST"},
    {kMpReach, kOptional, "MP_REACH_NLRI"},
    {kMpUnreach, kOptional, "MP_UNREACH_NLRI"},
    {kExtendedCommunities, kOptional | kTransitive, "EXTENDED_COMMUNITIES"},
    {kAs4Path, kOptional | kTransitive, "AS4_PATH"},
    {kAs4Aggregator, kOptional | kTransitive, "AS4_AGGREGATOR"},
    {kLargeCommunities, kOptional | kTransitive, "LARGE_COMMUNITY"},
};

const Definition* definition(uint8_t type) {
  for (const Definition& known : kDefinitions)
    if (known.type == type) return &known;
  return nullptr;
}

std::string label(uint8_t type) {
  const Definition* known = definition(type);
  return known ? known->name : "attribute " + std::to_string(type);
}

bool has_confederation(const AsPath& path) {
  return std::ranges::any_of(path.segments, [](const AsSegment& segment) {
    return segment.type >= AsSegment::Type::confed_sequence;
  });
}

template <typename Element, typename Read>
void read_list(std::span<const uint8_t> value, size_t element_octets, std::vector<Element>& out,
               Read read) {
  OctetReader in(value);
  out.reserve(value.size() / element_octets);
  while (!in.empty()) out.push_back(read(in));
}

// Walks the attributes of one field.
class Parser {
 public:
  Parser(const CodecOptions& options, ParsedAttributes& out) : options_(options), out_(out) {}

  void run(std::span<const uint8_t> octets) {
    OctetReader in(octets);
    while (!in.empty() && !out_.fatal) {
      RawAttribute attribute;
      if (!frame(in, attribute)) return;
      accept(attribute);
    }
  }

  void finish() {
    if (as4_path_) out_.values.as_path = merge_as4_path(std::move(out_.values.as_path), *as4_path_);
    std::ranges::sort(out_.values.unknown, {}, &UnknownAttribute::type);
  }

  // RFC 6793 §4.2.3: an old speaker that changed AGGREGATOR did not know of the AS4 attributes.
  void join_aggregators() {
    auto& aggregator = out_.values.aggregator;
    if (!as4_aggregator_ || !aggregator) return;
    if (aggregator->asn == kAsTrans)
      aggregator = as4_aggregator_;
    else
      as4_path_.reset();
  }

 private:
  // RFC 7606 §4: an attribute that runs over the end of the field takes the routes back, as long as
  // it is not the one that holds them.
  bool frame(OctetReader& in, RawAttribute& attribute) {
    const auto start = in.rest();
    attribute.flags = in.u8();
    attribute.type = in.u8();
    const size_t length = attribute.flags & kExtended ? in.u16() : in.u8();
    const bool cut_header = in.failed();
    attribute.value = in.take(length);
    attribute.whole = start.first(start.size() - in.left());
    if (!in.failed()) return true;
    if (!cut_header && (attribute.type == kMpReach || attribute.type == kMpUnreach))
      out_.fatal = update_error(UpdateError::attribute_list,
                                label(attribute.type) + " is longer than all attributes");
    else
      out_.note_withdraw(cut_header ? 0 : attribute.type, UpdateError::attribute_list,
                         "the last attribute is longer than the attributes' length");
    return false;
  }

  void accept(const RawAttribute& attribute) {
    const uint8_t type = attribute.type;
    if (out_.has(type)) return repeated(type);
    out_.seen[type / 64] |= uint64_t{1} << (type % 64);
    if (ignored(attribute)) return;
    const Definition* known = definition(type);
    if (!known) return unknown(attribute);
    if ((attribute.flags & (kOptional | kTransitive)) != known->flags)
      return wrong_flags(attribute);
    parse(attribute);
  }

  // RFC 7606 §3 g.
  void repeated(uint8_t type) {
    if (type == kMpReach || type == kMpUnreach)
      out_.fatal = update_error(UpdateError::attribute_list, label(type) + " stands there twice");
    else
      out_.note_discard(type, label(type) + " stands there twice: the first counts");
  }

  // What a peer of this kind has no business to send, whatever is in it: RFC 7606 §7.5, §7.9 and
  // §7.10, RFC 6793 §4.1.
  bool ignored(const RawAttribute& attribute) {
    const uint8_t type = attribute.type;
    const bool internal = type == kLocalPref || type == kOriginatorId || type == kClusterList;
    const bool old = type == kAs4Path || type == kAs4Aggregator;
    if (internal && options_.external) {
      out_.note_discard(type, label(type) + " from an external peer");
      return true;
    }
    if (old && options_.as4) {
      out_.note_discard(type, label(type) + " from a peer with 4-octet AS numbers");
      return true;
    }
    return false;
  }

  // RFC 4271 §6.3 for well-known ones, §9 for the others.
  void unknown(const RawAttribute& attribute) {
    if (!(attribute.flags & kOptional)) {
      out_.fatal =
          update_error(UpdateError::unrecognized,
                       label(attribute.type) + " is well-known, but not here", attribute.whole);
    } else if (attribute.flags & kTransitive) {
      out_.values.unknown.push_back({kOptional | kTransitive | kPartial,
                                     attribute.type,
                                     {attribute.value.begin(), attribute.value.end()}});
    }
  }

  // RFC 7606 §3 c; §5.3 for those that hold prefixes.
  void wrong_flags(const RawAttribute& attribute) {
    const std::string what = label(attribute.type) + " with wrong flags";
    if (attribute.type == kMpReach || attribute.type == kMpUnreach)
      out_.fatal = update_error(UpdateError::flags, what, attribute.whole);
    else
      out_.note_withdraw(attribute.type, UpdateError::flags, what, attribute.whole);
  }

  void parse(const RawAttribute& attribute) {
    switch (attribute.type) {
      case kOrigin:
        return origin(attribute);
      case kAsPath:
        return as_path(attribute);
      case kNextHop:
        return next_hop(attribute);
      case kMed:
        return number(attribute, out_.values.med);
      case kLocalPref:
        return number(attribute, out_.values.local_pref);
      case kAtomicAggregate:
        return atomic_aggregate(attribute);
      case kAggregator:
        return aggregator(attribute);
      case kCommunities:
        return communities(attribute);
      case kOriginatorId:
        return void(length_is(attribute, attribute.value.size() == 4));
      case kClusterList:
        return void(list_of(attribute, 4));
      case kMpReach:
        out_.mp_reach = attribute;
        return;
      case kMpUnreach:
        out_.mp_unreach = attribute;
        return;
      case kExtendedCommunities:
        return extended_communities(attribute);
      case kAs4Path:
        return as4_path(attribute);
      case kAs4Aggregator:
        return as4_aggregator(attribute);
      case kLargeCommunities:
        return large_communities(attribute);
      default:
        return;
    }
  }

  bool length_is(const RawAttribute& attribute, bool right) {
    if (!right)
      out_.note_withdraw(
          attribute.type, UpdateError::length,
          label(attribute.type) + " of " + std::to_string(attribute.value.size()) + " octets",
          attribute.whole);
    return right;
  }

  bool list_of(const RawAttribute& attribute, size_t element) {
    const size_t length = attribute.value.size();
    return length_is(attribute, length != 0 && length % element == 0);
  }

  void origin(const RawAttribute& attribute) {
    if (!length_is(attribute, attribute.value.size() == 1)) return;
    const uint8_t value = attribute.value[0];
    if (value > static_cast<uint8_t>(Origin::incomplete))
      return out_.note_withdraw(kOrigin, UpdateError::origin, "ORIGIN " + std::to_string(value),
                                attribute.whole);
    out_.values.origin = Origin{value};
  }

  // Confederation segments come from inside one's own confederation only (RFC 5065 §5); there is
  // none with an external peer.
  void as_path(const RawAttribute& attribute) {
    const char* wrong = read_as_path(attribute.value, options_.as4, out_.values.as_path);
    if (!wrong && options_.external && has_confederation(out_.values.as_path))
      wrong = "has confederation segments of an external peer";
    if (wrong) out_.note_withdraw(kAsPath, UpdateError::as_path, std::string("AS_PATH ") + wrong);
  }

  void next_hop(const RawAttribute& attribute) {
    if (length_is(attribute, attribute.value.size() == 4))
      out_.values.next_hop = net::Ip::v4(OctetReader(attribute.value).u32());
  }

  void number(const RawAttribute& attribute, std::optional<uint32_t>& out) {
    if (length_is(attribute, attribute.value.size() == 4)) out = OctetReader(attribute.value).u32();
  }

  void atomic_aggregate(const RawAttribute& attribute) {
    if (!attribute.value.empty())
      return out_.note_discard(kAtomicAggregate, "ATOMIC_AGGREGATE with a value");
    out_.values.atomic_aggregate = true;
  }

  // Of AGGREGATOR and AS4_AGGREGATOR; AS 0 by RFC 7607.
  std::optional<Aggregator> aggregator_of(const RawAttribute& attribute, bool wide) {
    OctetReader in(attribute.value);
    const Aggregator read{wide ? in.u32() : in.u16(), in.u32()};
    if (!in.failed() && in.empty() && read.asn != 0) return read;
    out_.note_discard(
        attribute.type,
        label(attribute.type) + (in.failed() || !in.empty() ? " of a wrong length" : " with AS 0"));
    return std::nullopt;
  }

  void aggregator(const RawAttribute& attribute) {
    out_.values.aggregator = aggregator_of(attribute, options_.as4);
  }

  void as4_aggregator(const RawAttribute& attribute) {
    as4_aggregator_ = aggregator_of(attribute, true);
  }

  // RFC 6793 §6: discarded when malformed; confederation segments in it are dropped.
  void as4_path(const RawAttribute& attribute) {
    AsPath path;
    const char* wrong = read_as_path(attribute.value, true, path);
    if (!wrong && path.segments.empty()) wrong = "is empty";
    if (wrong) return out_.note_discard(kAs4Path, std::string("AS4_PATH ") + wrong);
    std::erase_if(path.segments, [](const AsSegment& segment) {
      return segment.type >= AsSegment::Type::confed_sequence;
    });
    as4_path_ = std::move(path);
  }

  void communities(const RawAttribute& attribute) {
    if (list_of(attribute, 4))
      read_list(attribute.value, 4, out_.values.communities,
                [](OctetReader& in) { return in.u32(); });
  }

  void extended_communities(const RawAttribute& attribute) {
    if (list_of(attribute, 8))
      read_list(attribute.value, 8, out_.values.extended_communities,
                [](OctetReader& in) { return in.u64(); });
  }

  void large_communities(const RawAttribute& attribute) {
    if (list_of(attribute, 12))
      read_list(attribute.value, 12, out_.values.large_communities, [](OctetReader& in) {
        return LargeCommunity{in.u32(), in.u32(), in.u32()};  // braces: from left to right
      });
  }

  const CodecOptions& options_;
  ParsedAttributes& out_;
  std::optional<AsPath> as4_path_;
  std::optional<Aggregator> as4_aggregator_;
};

}  // namespace

bool ParsedAttributes::has_others() const {
  auto types = seen;
  types[0] &= ~(uint64_t{1} << kMpReach | uint64_t{1} << kMpUnreach);
  return types != std::array<uint64_t, 4>{};
}

void ParsedAttributes::note_discard(uint8_t type, std::string what) {
  errors.push_back({AttributeError::Action::discard, type, std::move(what)});
}

void ParsedAttributes::note_withdraw(uint8_t type, UpdateError subcode, std::string what,
                                     std::span<const uint8_t> data) {
  if (!withdraw) withdraw = update_error(subcode, what, data);
  errors.push_back({AttributeError::Action::withdraw, type, std::move(what)});
}

ParsedAttributes parse_attributes(std::span<const uint8_t> octets, const CodecOptions& options) {
  ParsedAttributes out;
  Parser parser(options, out);
  parser.run(octets);
  parser.join_aggregators();
  parser.finish();
  return out;
}

bool read_next_hops(Family family, std::span<const uint8_t> octets, PathAttributes& out) {
  OctetReader in(octets);
  if (family == Family::v4) {
    if (octets.size() != 4) return false;
    out.next_hop = net::Ip::v4(in.u32());
    return true;
  }
  if (octets.size() != 16 && octets.size() != 32) return false;
  for (auto* next_hop : {&out.next_hop6, &out.next_hop_link_local}) {
    if (in.empty()) break;
    net::Ip ip{Family::v6, {}};
    std::ranges::copy(in.take(16), ip.bytes.begin());
    *next_hop = ip;
  }
  return true;
}

tl::expected<PathAttributes, FatalError> decode_attributes(std::span<const uint8_t> octets,
                                                           const CodecOptions& options,
                                                           std::vector<AttributeError>& errors) {
  ParsedAttributes parsed = parse_attributes(octets, options);
  if (parsed.fatal) return tl::unexpected(std::move(*parsed.fatal));
  // A table also holds routes that BGP has not taught, without ORIGIN.
  if (!parsed.has(kOrigin)) parsed.values.origin = Origin::incomplete;
  if (parsed.has(kMpReach)) {
    // RFC 6396 §4.3.4: only the next hop and its length, the first octet. Where the whole attribute
    // stands there all the same, the first octet is the upper one of the AFI.
    OctetReader in(parsed.mp_reach.value);
    Family family = Family::v6;
    if (!in.empty() && in.rest()[0] == 0) {
      const uint16_t afi = in.u16();
      family = family_of(afi, in.u8()).value_or(Family::v6);
    } else if (!in.empty() && in.rest()[0] == 4) {
      family = Family::v4;
    }
    const auto next_hops = in.take(in.u8());
    if (in.failed() || !read_next_hops(family, next_hops, parsed.values))
      parsed.note_withdraw(kMpReach, UpdateError::optional, "MP_REACH_NLRI without a next hop");
  }
  errors.insert(errors.end(), parsed.errors.begin(), parsed.errors.end());
  return std::move(parsed.values);
}

}  // namespace erbium::cp::bgp
