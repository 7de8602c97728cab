#include "control/mrt/reader.h"

#include <algorithm>
#include <utility>

namespace erbium::cp::mrt {
namespace {

// RFC 6396 §4, §5; subtypes with path identifiers by RFC 8050 §4.
enum Type : uint16_t { kTableDump = 12, kTableDumpV2 = 13, kBgp4mp = 16, kBgp4mpEt = 17 };
enum TableV2 : uint16_t {
  kPeerIndexTable = 1,
  kRibV4 = 2,
  kRibV6 = 4,
  kRibV4PathIds = 8,
  kRibV6PathIds = 10,
};
enum Bgp4mp : uint16_t {
  kMessage = 1,
  kMessageAs4 = 4,
  kMessagePathIds = 8,
  kMessageAs4PathIds = 9,
};
constexpr uint8_t kPeerIsV6 = 1, kPeerIsAs4 = 2;  // peer type bits, §4.3.1

constexpr size_t kHeader = 12;
constexpr size_t kPiece = size_t{1} << 16;
// Far above the largest record there can be in practice: a thousand peers of 4,096 octets each.
constexpr uint32_t kMaxRecord = uint32_t{1} << 24;

}  // namespace

Reader::Reader(std::unique_ptr<Source> source) : source_(std::move(source)), buffer_(kPiece) {}

void Reader::fail(const std::string& what) const {
  throw Error("MRT: " + what, offset_ - in_.left());
}

// Octets that there were for `into`; fewer at the end only.
size_t Reader::fill(std::span<uint8_t> into) {
  size_t done = 0;
  while (done < into.size()) {
    if (buffer_at_ == buffer_end_) {
      buffer_at_ = 0;
      buffer_end_ = source_->read(buffer_);
      if (buffer_end_ == 0) break;
    }
    const size_t count = std::min(into.size() - done, buffer_end_ - buffer_at_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_at_), count,
                into.begin() + static_cast<std::ptrdiff_t>(done));
    buffer_at_ += count;
    done += count;
  }
  offset_ += done;
  return done;
}

bool Reader::read_record() {
  in_ = {};
  std::array<uint8_t, kHeader> head;
  const size_t got = fill(head);
  if (got == 0) return false;
  if (got < kHeader) fail("the file ends inside a record's header");
  bgp::OctetReader in{std::span<const uint8_t>(head)};
  header_.time = in.u32();
  header_.type = in.u16();
  header_.subtype = in.u16();
  const uint32_t length = in.u32();
  if (length > kMaxRecord) fail("a record claims " + std::to_string(length) + " octets");
  // In pieces: a lying length must not take memory that the file does not fill.
  for (record_.clear(); record_.size() < length;) {
    const size_t before = record_.size();
    record_.resize(before + std::min<size_t>(length - before, kPiece));
    const size_t piece = record_.size() - before;
    if (fill(std::span(record_).last(piece)) < piece) fail("the file ends inside a record");
  }
  in_ = bgp::OctetReader(record_);
  return true;
}

std::optional<Entry> Reader::next() {
  for (;;) {
    if (rib_.left > 0) return next_rib_entry();
    if (!read_record()) return std::nullopt;
    if (auto entry = open_record()) return entry;
  }
}

std::optional<Entry> Reader::open_record() {
  switch (header_.type) {
    case kTableDump:
      if (header_.subtype == 1 || header_.subtype == 2) return read_table_v1();
      return std::nullopt;
    case kTableDumpV2:
      return open_table_v2();
    case kBgp4mp:
    case kBgp4mpEt:
      return read_message();
    default:
      return std::nullopt;
  }
}

std::optional<Entry> Reader::open_table_v2() {
  switch (header_.subtype) {
    case kPeerIndexTable:
      read_peers();
      return std::nullopt;
    case kRibV4:
    case kRibV4PathIds:
      open_rib(net::Family::v4, header_.subtype == kRibV4PathIds);
      break;
    case kRibV6:
    case kRibV6PathIds:
      open_rib(net::Family::v6, header_.subtype == kRibV6PathIds);
      break;
    default:
      return std::nullopt;
  }
  if (rib_.left == 0) return std::nullopt;
  return next_rib_entry();
}

void Reader::read_peers() {
  in_.u32();  // the collector's identifier
  in_.take(in_.u16());
  const unsigned count = in_.u16();
  expect_whole();
  std::vector<Peer> peers;
  for (unsigned i = 0; i < count; i++) {
    const uint8_t type = in_.u8();
    Peer& peer = peers.emplace_back();
    peer.identifier = in_.u32();
    peer.address = read_ip(type & kPeerIsV6 ? net::Family::v6 : net::Family::v4);
    peer.asn = type & kPeerIsAs4 ? in_.u32() : in_.u16();
    expect_whole();
  }
  expect_end();
  peers_ = std::move(peers);
}

void Reader::open_rib(net::Family family, bool path_ids) {
  if (!peers_) fail("a route before the table of peers");
  in_.u32();  // sequence number
  net::Prefix prefix{{family, {}}, in_.u8()};
  if (prefix.length > prefix.address.bits())
    fail("a prefix of " + std::to_string(prefix.length) + " bits");
  std::ranges::copy(in_.take((prefix.length + 7u) / 8), prefix.address.bytes.begin());
  rib_ = {prefix.canonical(), path_ids, in_.u16()};
  expect_whole();
  if (rib_.left == 0) expect_end();
}

Entry Reader::next_rib_entry() {
  const uint16_t index = in_.u16();
  RibEntry out;
  out.time = header_.time;
  out.originated = in_.u32();
  if (rib_.path_ids) out.path_id = in_.u32();
  const auto attributes = in_.take(in_.u16());
  expect_whole();
  if (index >= peers_->size()) fail("peer " + std::to_string(index) + " is not in the table");
  out.peer = (*peers_)[index];
  out.prefix = rib_.prefix;
  out.version2 = true;
  decode_attributes(attributes, true, out);
  if (--rib_.left == 0) expect_end();
  return out;
}

Entry Reader::read_table_v1() {
  const auto family = read_family(header_.subtype);
  RibEntry out;
  out.time = header_.time;
  in_.u16();  // view
  in_.u16();  // sequence number
  out.prefix = {read_ip(family), in_.u8()};
  if (out.prefix.length > out.prefix.address.bits())
    fail("a prefix of " + std::to_string(out.prefix.length) + " bits");
  out.prefix = out.prefix.canonical();
  in_.u8();  // status
  out.originated = in_.u32();
  out.peer.address = read_ip(family);
  out.peer.asn = in_.u16();
  const auto attributes = in_.take(in_.u16());
  expect_whole();
  expect_end();
  decode_attributes(attributes, false, out);
  return out;
}

std::optional<Entry> Reader::read_message() {
  BgpMessage out;
  out.time = header_.time;
  if (header_.type == kBgp4mpEt) out.microseconds = in_.u32();
  out.path_ids = header_.subtype == kMessagePathIds || header_.subtype == kMessageAs4PathIds;
  if (header_.subtype != kMessage && header_.subtype != kMessageAs4 && !out.path_ids)
    return std::nullopt;
  out.as4 = header_.subtype == kMessageAs4 || header_.subtype == kMessageAs4PathIds;
  out.peer.asn = out.as4 ? in_.u32() : in_.u16();
  out.local.asn = out.as4 ? in_.u32() : in_.u16();
  in_.u16();  // interface
  const auto family = read_family(in_.u16());
  out.peer.address = read_ip(family);
  out.local.address = read_ip(family);
  expect_whole();
  out.octets = in_.rest();
  return out;
}

net::Ip Reader::read_ip(net::Family family) {
  net::Ip ip{family, {}};
  std::ranges::copy(in_.take(ip.bits() / 8), ip.bytes.begin());
  return ip;
}

net::Family Reader::read_family(uint16_t afi) {
  if (afi != 1 && afi != 2) fail("address family " + std::to_string(afi));
  return afi == 1 ? net::Family::v4 : net::Family::v6;
}

// As from an internal peer: a table may well hold LOCAL_PREF.
void Reader::decode_attributes(std::span<const uint8_t> octets, bool as4, RibEntry& out) {
  const bgp::CodecOptions options{.as4 = as4, .multiprotocol_v6 = true, .external = false};
  auto attributes = bgp::decode_attributes(octets, options, out.errors);
  if (!attributes) fail(attributes.error().what);
  out.attributes = std::move(*attributes);
}

void Reader::expect_whole() {
  if (in_.failed()) fail("a record is shorter than what is in it");
}

void Reader::expect_end() {
  if (!in_.empty()) fail("a record is longer than what is in it");
}

}  // namespace erbium::cp::mrt
