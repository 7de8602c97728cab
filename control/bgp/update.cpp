// Reads UPDATE messages (RFC 4271 §4.3, §6.3; RFC 4760) by the rules of RFC 7606: where attributes
// are wrong but every prefix can be told, the routes are taken back and the session goes on.
#include <algorithm>
#include <utility>

#include "control/bgp/attributes.h"
#include "control/bgp/nlri.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr size_t kMinMpReach = 5, kMinMpUnreach = 3;  // octets, RFC 7606 §5.3

// RFC 4271 §6.3: a next hop is the address of a host.
bool is_host(const net::Ip& ip) {
  if (!ip.is_v4()) return ip.bytes[0] != 0xff && ip != net::Ip{Family::v6, {}};
  const uint8_t first = ip.bytes[0];
  return first != 0 && first != 127 && first < 224;
}

bool is_link_local(const net::Ip& ip) {
  return ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80;
}

class UpdateReader {
 public:
  explicit UpdateReader(const CodecOptions& options) : options_(options) {}

  tl::expected<Decoded, FatalError> read(std::span<const uint8_t> body) {
    OctetReader in(body);
    const auto withdrawn = in.take(in.u16());
    const auto attributes = in.take(in.u16());
    if (in.failed())
      return tl::unexpected(
          update_error(UpdateError::attribute_list, "fields are longer than the message"));
    parsed_ = parse_attributes(attributes, options_);
    v4_announced_ = !in.empty();
    reachable_ = v4_announced_;
    if (!parsed_.fatal) classic_prefixes(withdrawn, in.rest());
    if (!parsed_.fatal && parsed_.has(kMpUnreach)) mp_unreach();
    if (!parsed_.fatal && parsed_.has(kMpReach)) mp_reach();
    if (!parsed_.fatal) judge();
    if (parsed_.fatal) return tl::unexpected(std::move(*parsed_.fatal));
    return Decoded{std::move(update_), std::move(parsed_.errors)};
  }

 private:
  void fail(UpdateError subcode, const char* what, const RawAttribute& attribute = {}) {
    parsed_.fatal = update_error(subcode, what, attribute.whole);
  }

  bool take_part(Family family, uint8_t type) {
    if (agreed(family, options_)) return true;
    parsed_.note_discard(type, family == Family::v4 ? "IPv4 unicast was not agreed upon"
                                                    : "IPv6 unicast was not agreed upon");
    return false;
  }

  // The UPDATE's own fields.
  void classic_prefixes(std::span<const uint8_t> withdrawn, std::span<const uint8_t> announced) {
    if (withdrawn.empty() && announced.empty()) return;
    if (!take_part(Family::v4, 0)) return;
    if (!read_prefixes(Family::v4, withdrawn, options_.path_ids, update_.withdrawn))
      return fail(UpdateError::network, "the withdrawn routes cannot be read");
    if (!read_prefixes(Family::v4, announced, options_.path_ids, update_.announced))
      return fail(UpdateError::network, "the announced routes cannot be read");
  }

  // The family of an MP attribute when it is one to listen to.
  std::optional<Family> family(OctetReader& in, uint8_t type) {
    const uint16_t afi = in.u16();
    const uint8_t safi = in.u8();
    const auto known = family_of(afi, safi);
    if (known) return take_part(*known, type) ? known : std::nullopt;
    parsed_.note_discard(type, "AFI " + std::to_string(afi) + ", SAFI " + std::to_string(safi) +
                                   " was not agreed upon");
    return std::nullopt;
  }

  void mp_unreach() {
    const RawAttribute& attribute = parsed_.mp_unreach;
    if (attribute.value.size() < kMinMpUnreach)
      return fail(UpdateError::optional, "MP_UNREACH_NLRI is too short", attribute);
    OctetReader in(attribute.value);
    const auto spoken = family(in, kMpUnreach);
    if (!spoken) return;
    if (!read_prefixes(*spoken, in.rest(), options_.path_ids, update_.withdrawn))
      return fail(UpdateError::optional, "MP_UNREACH_NLRI cannot be read", attribute);
    update_.end_of = *spoken;
  }

  void mp_reach() {
    const RawAttribute& attribute = parsed_.mp_reach;
    if (attribute.value.size() < kMinMpReach)
      return fail(UpdateError::optional, "MP_REACH_NLRI is too short", attribute);
    OctetReader in(attribute.value);
    const auto spoken = family(in, kMpReach);
    if (!spoken) {
      reachable_ = true;
      return;
    }
    PathAttributes& values = parsed_.values;
    const auto classic_next_hop = values.next_hop;
    const auto next_hops = in.take(in.u8());
    in.u8();  // reserved
    if (in.failed() || !read_next_hops(*spoken, next_hops, values))
      return fail(UpdateError::optional, "MP_REACH_NLRI has a next hop of a wrong length",
                  attribute);
    reachable_ = reachable_ || !in.empty();
    if (!read_prefixes(*spoken, in.rest(), options_.path_ids, update_.announced))
      return fail(UpdateError::optional, "MP_REACH_NLRI cannot be read", attribute);
    if (*spoken == Family::v6)
      check_next_hop6(attribute);
    else
      check_both_v4(classic_next_hop, attribute);
  }

  void check_next_hop6(const RawAttribute& attribute) {
    PathAttributes& values = parsed_.values;
    if (!is_host(*values.next_hop6))
      parsed_.note_withdraw(kMpReach, UpdateError::next_hop, "MP_REACH_NLRI: no host as next hop",
                            attribute.whole);
    if (values.next_hop_link_local && !is_link_local(*values.next_hop_link_local))
      values.next_hop_link_local.reset();
    if (!v4_announced_) values.next_hop.reset();  // RFC 4760 §3
  }

  // IPv4 prefixes inside MP_REACH_NLRI: its next hop counts, unless other prefixes need NEXT_HOP.
  void check_both_v4(const std::optional<net::Ip>& classic, const RawAttribute& attribute) {
    v4_in_mp_ = true;
    if (v4_announced_ && classic && classic != parsed_.values.next_hop)
      parsed_.note_withdraw(kMpReach, UpdateError::next_hop, "two next hops for IPv4 prefixes",
                            attribute.whole);
  }

  // RFC 7606 §3 d: what must stand there when something is announced.
  void check_mandatory() {
    const std::pair<AttributeType, bool> mandatory[] = {
        {kOrigin, true}, {kAsPath, true}, {kNextHop, v4_announced_}};
    for (const auto& [type, needed] : mandatory) {
      const uint8_t missing[] = {type};
      if (needed && !parsed_.has(type))
        parsed_.note_withdraw(type, UpdateError::missing,
                              "attribute " + std::to_string(type) + " is missing", missing);
    }
    const auto& next_hop = parsed_.values.next_hop;
    if ((v4_announced_ || v4_in_mp_) && next_hop && !is_host(*next_hop))
      parsed_.note_withdraw(kNextHop, UpdateError::next_hop, "no host as next hop",
                            OctetReader(next_hop->bytes).take(4));
  }

  // RFC 7606 §5.2: without announced prefixes nothing tells whether all of them have been found, so
  // an error that takes routes back ends the session.
  void judge() {
    if (reachable_) check_mandatory();
    if (parsed_.withdraw && !reachable_) {
      parsed_.fatal = std::move(parsed_.withdraw);
      return;
    }
    const bool withdraw = parsed_.withdraw.has_value();
    if (withdraw) {
      auto& withdrawn = update_.withdrawn;
      withdrawn.insert(withdrawn.end(), update_.announced.begin(), update_.announced.end());
      update_.announced.clear();
    }
    if (update_.announced.empty()) {
      parsed_.values.next_hop6.reset();
      parsed_.values.next_hop_link_local.reset();
    }
    const bool empty = update_.withdrawn.empty() && update_.announced.empty();
    // Attributes also where what they belonged to was left out: this is no End-of-RIB.
    const bool left_out = empty && (parsed_.has(kMpReach) || !parsed_.errors.empty());
    if (left_out || (parsed_.has_others() && !withdraw))
      update_.attributes = withdraw ? PathAttributes{} : std::move(parsed_.values);
    if (!empty || update_.attributes) update_.end_of = Family::v4;
  }

  const CodecOptions& options_;
  ParsedAttributes parsed_;
  Update update_;
  bool v4_announced_ = false;  // in the UPDATE's own field
  bool v4_in_mp_ = false;
  bool reachable_ = false;  // any prefix announced, agreed upon or not
};

}  // namespace

tl::expected<Decoded, FatalError> decode_update(std::span<const uint8_t> body,
                                                const CodecOptions& options) {
  return UpdateReader(options).read(body);
}

}  // namespace erbium::cp::bgp
