// Writes UPDATE messages (RFC 4271 §4.3, RFC 4760): each carries one kind of prefixes and, where it
// has one, its MP attribute comes first (RFC 7606 §5.1).
#include <algorithm>

#include "common/check.h"
#include "control/bgp/attributes.h"
#include "control/bgp/nlri.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr size_t kFixed = kHeader + 4;       // header and the two lengths
constexpr size_t kMaxAttributeHeader = 4;    // flags, type, long length
constexpr size_t kMpUnreachHead = 3;         // AFI, SAFI
constexpr size_t kMpReachHead = 5;           // AFI, SAFI, length of the next hops, reserved
constexpr size_t kMaxPrefixOctets = 1 + 16;  // length and address

// The prefixes of one family in a list, message by message.
class Batches {
 public:
  Batches(const std::vector<net::Prefix>& list, Family family) : list_(list), family_(family) {
    skip();
  }
  bool empty() const { return at_ == list_.size(); }

  // Octets of as many prefixes as go into `room`, for write() to write.
  size_t plan(size_t room) {
    size_t octets = 0;
    for (end_ = at_; end_ < list_.size(); end_++) {
      if (list_[end_].address.family != family_) continue;
      const size_t more = wire_octets(list_[end_]);
      if (octets + more > room) break;
      octets += more;
    }
    return octets;
  }

  void write(std::vector<uint8_t>& out) {
    for (; at_ < end_; at_++)
      if (list_[at_].address.family == family_) write_prefix(list_[at_], out);
    skip();
  }

 private:
  void skip() {
    while (at_ < list_.size() && list_[at_].address.family != family_) at_++;
  }

  const std::vector<net::Prefix>& list_;
  Family family_;
  size_t at_ = 0, end_ = 0;
};

void write_mp_family(OctetWriter& to, Family family) {
  to.u16(afi_of(family));
  to.u8(kUnicast);
}

// One message that withdraws what goes into it; without prefixes the End-of-RIB.
void write_withdrawal(Batches& prefixes, Family family, size_t limit, std::vector<uint8_t>& out) {
  MessageFrame frame(out, MessageType::update);
  OctetWriter to(out);
  if (family == Family::v4) {
    to.u16(static_cast<unsigned>(prefixes.plan(limit - kFixed)));
    prefixes.write(out);
    to.u16(0);
  } else {
    to.u16(0);
    const size_t octets = prefixes.plan(limit - kFixed - kMaxAttributeHeader - kMpUnreachHead);
    const size_t length_at = to.size();
    to.u16(0);
    write_attribute_header(to, kOptional, kMpUnreach, kMpUnreachHead + octets);
    write_mp_family(to, family);
    prefixes.write(out);
    to.patch_u16(length_at, to.size() - length_at - 2);
  }
  frame.finish();
}

void write_withdrawn(const std::vector<net::Prefix>& list, Family family, size_t limit,
                     std::vector<uint8_t>& out) {
  for (Batches prefixes(list, family); !prefixes.empty();)
    write_withdrawal(prefixes, family, limit, out);
}

// MP_REACH_NLRI of IPv6 unicast with what goes into `room` octets.
void write_mp_reach(Batches& prefixes, const PathAttributes& values, size_t room,
                    std::vector<uint8_t>& out) {
  OctetWriter to(out);
  const unsigned next_hops = values.next_hop_link_local ? 32 : 16;
  const size_t head = kMpReachHead + next_hops;
  const size_t octets = prefixes.plan(room - kMaxAttributeHeader - head);
  write_attribute_header(to, kOptional, kMpReach, head + octets);
  write_mp_family(to, Family::v6);
  to.u8(next_hops);
  to.octets(values.next_hop6->bytes);
  if (values.next_hop_link_local) to.octets(values.next_hop_link_local->bytes);
  to.u8(0);  // reserved
  prefixes.write(out);
}

void write_announcement(Batches& prefixes, Family family, const PathAttributes& values,
                        std::span<const uint8_t> attributes, size_t limit,
                        std::vector<uint8_t>& out) {
  MessageFrame frame(out, MessageType::update);
  OctetWriter to(out);
  to.u16(0);
  const size_t length_at = to.size();
  const size_t room = limit - kFixed - attributes.size();
  to.u16(0);
  if (family == Family::v6) write_mp_reach(prefixes, values, room, out);
  to.octets(attributes);
  to.patch_u16(length_at, to.size() - length_at - 2);
  if (family == Family::v4) {
    prefixes.plan(room);
    prefixes.write(out);
  }
  frame.finish();
}

// What a message needs beside the attributes of write_attributes() for a prefix of any length.
size_t least_room(Family family) {
  return kFixed + kMaxPrefixOctets +
         (family == Family::v6 ? kMaxAttributeHeader + kMpReachHead + 32 : 0);
}

void write_announced(const Update& update, Family family, const CodecOptions& options,
                     std::vector<uint8_t>& out) {
  Batches prefixes(update.announced, family);
  if (prefixes.empty()) return;
  ERBIUM_CHECK(update.attributes);
  const PathAttributes& values = *update.attributes;
  ERBIUM_CHECK(family == Family::v4 ? values.next_hop && values.next_hop->is_v4()
                                    : values.next_hop6 && !values.next_hop6->is_v4());
  std::vector<uint8_t> attributes;
  write_attributes(values, options, family == Family::v4, attributes);
  const size_t limit = max_written(options);
  if (attributes.size() + least_room(family) > limit)
    return write_withdrawn(update.announced, family, limit, out);
  while (!prefixes.empty()) write_announcement(prefixes, family, values, attributes, limit, out);
}

// Attributes that nothing is announced with.
void write_attributes_alone(const PathAttributes& values, const CodecOptions& options,
                            std::vector<uint8_t>& out) {
  std::vector<uint8_t> attributes;
  write_attributes(values, options, values.next_hop.has_value(), attributes);
  if (attributes.size() + kFixed > max_written(options)) return;
  MessageFrame frame(out, MessageType::update);
  OctetWriter to(out);
  to.u16(0);
  to.u16(static_cast<unsigned>(attributes.size()));
  to.octets(attributes);
  frame.finish();
}

}  // namespace

void encode_update(const Update& update, const CodecOptions& options, std::vector<uint8_t>& out) {
  const size_t limit = max_written(options);
  if (const auto family = end_of_rib(update)) {
    Batches none(update.withdrawn, *family);
    if (agreed(*family, options)) write_withdrawal(none, *family, limit, out);
    return;
  }
  constexpr Family kFamilies[] = {Family::v4, Family::v6};
  for (const Family family : kFamilies)
    if (agreed(family, options)) write_withdrawn(update.withdrawn, family, limit, out);
  for (const Family family : kFamilies)
    if (agreed(family, options)) write_announced(update, family, options, out);
  if (update.withdrawn.empty() && update.announced.empty())
    write_attributes_alone(*update.attributes, options, out);
}

}  // namespace erbium::cp::bgp
