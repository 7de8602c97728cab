// MRT files (RFC 6396) as a stream of routes: TABLE_DUMP and TABLE_DUMP_V2 (IPv4 and IPv6 unicast,
// also with the path identifiers of RFC 8050), and the messages of BGP4MP and BGP4MP_ET. State
// changes and other records are passed over. One record is held at a time; a file that is cut off
// or whose lengths contradict each other is refused at the octet where it shows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/net/address.h"
#include "control/bgp/codec.h"
#include "control/bgp/octets.h"
#include "control/mrt/source.h"

namespace erbium::cp::mrt {

struct Peer {
  net::Ip address;
  uint32_t asn = 0;
  uint32_t identifier = 0;  // 0 in TABLE_DUMP, which does not tell
  bool operator==(const Peer&) const = default;
};

// A route of one peer in a table. `errors` as in bgp::Decoded: with Action::withdraw among them, a
// session would not have taken the route.
struct RibEntry {
  uint32_t time = 0, originated = 0;  // seconds since 1970
  Peer peer;
  net::Prefix prefix;
  std::optional<uint32_t> path_id;
  bool version2 = false;  // TABLE_DUMP_V2
  bgp::PathAttributes attributes;
  std::vector<bgp::AttributeError> errors;
};

// A BGP message that a peer sent, for bgp::decode().
struct BgpMessage {
  uint32_t time = 0, microseconds = 0;
  Peer peer, local;
  bool as4 = false, path_ids = false;  // as in bgp::CodecOptions
  std::span<const uint8_t> octets;     // until the next call of next()
};

using Entry = std::variant<RibEntry, BgpMessage>;

class Reader {
 public:
  // Throws IoError when the file cannot be opened.
  explicit Reader(const std::string& path) : Reader(open_file(path)) {}
  explicit Reader(std::unique_ptr<Source> source);

  // Absent at the end of the file. Throws Error, after which the reader is of no more use.
  std::optional<Entry> next();
  // Octets of the file, decompressed, up to the end of the record that next() last looked at.
  uint64_t offset() const { return offset_; }

 private:
  struct Header {
    uint32_t time = 0;
    uint16_t type = 0, subtype = 0;
  };
  // The RIB record whose entries next() hands out one by one.
  struct Rib {
    net::Prefix prefix;
    bool path_ids = false;
    unsigned left = 0;
  };

  size_t fill(std::span<uint8_t> into);
  bool read_record();
  std::optional<Entry> open_record();
  std::optional<Entry> open_table_v2();
  void read_peers();
  void open_rib(net::Family family, bool path_ids);
  Entry next_rib_entry();
  Entry read_table_v1();
  std::optional<Entry> read_message();
  net::Ip read_ip(net::Family family);
  net::Family read_family(uint16_t afi);
  void decode_attributes(std::span<const uint8_t> octets, bool as4, RibEntry& out);
  void expect_whole();
  void expect_end();
  [[noreturn]] void fail(const std::string& what) const;

  std::unique_ptr<Source> source_;
  std::vector<uint8_t> buffer_;  // of what the source gave
  size_t buffer_at_ = 0, buffer_end_ = 0;
  uint64_t offset_ = 0;  // of what comes after the record
  Header header_;
  std::vector<uint8_t> record_;
  bgp::OctetReader in_;  // over record_
  std::optional<std::vector<Peer>> peers_;
  Rib rib_;
};

}  // namespace erbium::cp::mrt
