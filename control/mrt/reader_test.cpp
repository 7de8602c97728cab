#include "control/mrt/reader.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "common/io_error.h"
#include "control/bgp/test_octets.h"

namespace erbium::cp::mrt {
namespace {

using bgp::hex;
using Octets = std::vector<uint8_t>;

Octets record(uint16_t type, uint16_t subtype, const std::string& body) {
  const Octets octets = hex(body);
  Octets out;
  bgp::OctetWriter to(out);
  to.u32(1486801684);
  to.u16(type);
  to.u16(subtype);
  to.u32(static_cast<uint32_t>(octets.size()));
  to.octets(octets);
  return out;
}

Octets joined(std::initializer_list<Octets> parts) {
  Octets out;
  for (const Octets& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

// RFC 6396 §4.3: two peers, 192.0.2.1 of AS 65001 and 2001:db8::2 of AS 4200000001.
Octets peer_table() {
  return record(13, 1,
                "0a000001 0004 74657374 0002"
                "00 c0000201 c0000201 fde9"
                "03 c0000202 20010db8000000000000000000000002 fa56ea01");
}

Octets rib_v4() {
  return record(13, 2,
                "00000001 18 cb0071 0002"
                "0000 58000000 0014 400101 00 400206 0201 0000fde9 400304 c0000201"
                "0001 58000001 000d 400101 02 400206 0201 fa56ea01");
}

std::vector<Entry> read_all(Octets octets) {
  Reader reader(open_octets(std::move(octets)));
  std::vector<Entry> out;
  while (auto entry = reader.next()) out.push_back(std::move(*entry));
  return out;
}

TEST(TableV2, RoutesOfTwoPeers) {
  const auto entries = read_all(joined({peer_table(), rib_v4()}));
  ASSERT_EQ(entries.size(), 2u);
  const auto& first = std::get<RibEntry>(entries[0]);
  EXPECT_EQ(first.time, 1486801684u);
  EXPECT_EQ(first.originated, 0x58000000u);
  EXPECT_EQ(first.peer, (Peer{*net::Ip::parse("192.0.2.1"), 65001, 0xc0000201}));
  EXPECT_EQ(first.prefix, net::Prefix::parse("203.0.113.0/24"));
  EXPECT_EQ(first.attributes.next_hop, net::Ip::parse("192.0.2.1"));
  const auto& second = std::get<RibEntry>(entries[1]);
  EXPECT_EQ(second.peer.address, *net::Ip::parse("2001:db8::2"));
  EXPECT_EQ(second.attributes.as_path.str(), "4200000001");
  EXPECT_EQ(second.attributes.origin, bgp::Origin::incomplete);
}

TEST(TableV2, Ipv6AndPathIds) {
  const auto v6 = record(13, 10,
                         "00000001 30 20010db80001 0001 0001 58000000 00000007 001b"
                         "400101 00 400200 800e11 10 20010db8000000000000000000000002");
  // The next hop stands in the short form of §4.3.4.
  const auto entries = read_all(joined({peer_table(), v6}));
  ASSERT_EQ(entries.size(), 1u);
  const auto& entry = std::get<RibEntry>(entries[0]);
  EXPECT_EQ(entry.prefix, net::Prefix::parse("2001:db8:1::/48"));
  EXPECT_EQ(entry.path_id, 7u);
  EXPECT_EQ(entry.attributes.next_hop6, net::Ip::parse("2001:db8::2"));
}

TEST(TableV1, OneRoute) {
  const auto entries = read_all(record(12, 1,
                                       "0000 0001 cb007100 18 01 58000000 c0000201 fde9 0012"
                                       "400101 00 400204 0201 fde9 400304 c0000201"));
  ASSERT_EQ(entries.size(), 1u);
  const auto& entry = std::get<RibEntry>(entries[0]);
  EXPECT_EQ(entry.prefix, net::Prefix::parse("203.0.113.0/24"));
  EXPECT_EQ(entry.peer.asn, 65001u);
  EXPECT_FALSE(entry.version2);
}

TEST(Bgp4mp, Messages) {
  const std::string keepalive = "ffffffffffffffffffffffffffffffff 0013 04";
  const std::string addresses = "0000 0001 c0000201 c0000202 ";
  const auto old = record(16, 1, "fde9 fdea " + addresses + keepalive);
  const auto path_ids = record(16, 9, "0000fde9 0000fdea " + addresses + keepalive);
  const auto wide = record(17, 4, "000f4240 fa56ea01 0000fdea " + addresses + keepalive);
  Reader reader(open_octets(joined({old, record(16, 5, "00"), wide, path_ids})));
  const auto first = reader.next();
  const auto& plain = std::get<BgpMessage>(first.value());
  EXPECT_FALSE(plain.as4);
  EXPECT_EQ(plain.peer.asn, 65001u);
  EXPECT_EQ(plain.local.asn, 65002u);
  EXPECT_EQ(plain.octets.size(), 19u);
  const auto second = reader.next();
  const auto& late = std::get<BgpMessage>(second.value());
  EXPECT_TRUE(late.as4);
  EXPECT_EQ(late.microseconds, 1'000'000u);
  EXPECT_EQ(late.peer.asn, 4200000001u);
  EXPECT_EQ(late.local.address, *net::Ip::parse("192.0.2.2"));
  EXPECT_TRUE(std::get<BgpMessage>(reader.next().value()).path_ids);
  EXPECT_FALSE(reader.next());
}

Octets gzipped(const Octets& from) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Octets in = from, out(from.size() + 1000);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Octets bzipped(const Octets& from) {
  Octets in = from, out(from.size() + 1000);
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size,
                                     reinterpret_cast<char*>(in.data()),
                                     static_cast<unsigned>(in.size()), 9, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

// Also several streams, one behind the other, as both formats allow.
TEST(Compression, EveryFormReadsTheSame) {
  const Octets plain = joined({peer_table(), rib_v4()});
  EXPECT_EQ(read_all(gzipped(plain)).size(), 2u);
  EXPECT_EQ(read_all(bzipped(plain)).size(), 2u);
  EXPECT_EQ(read_all(joined({gzipped(peer_table()), gzipped(rib_v4())})).size(), 2u);
  EXPECT_EQ(read_all(joined({bzipped(peer_table()), bzipped(rib_v4())})).size(), 2u);
}

// Far more than any buffer on the way.
TEST(Compression, LongFiles) {
  Octets plain = peer_table();
  const Octets rib = rib_v4();
  for (int i = 0; i < 20000; i++) plain.insert(plain.end(), rib.begin(), rib.end());
  EXPECT_EQ(read_all(gzipped(plain)).size(), 40000u);
  EXPECT_EQ(read_all(bzipped(plain)).size(), 40000u);
}

TEST(Compression, DamagedOrCutOff) {
  const Octets plain = joined({peer_table(), rib_v4()});
  for (const Octets& whole : {gzipped(plain), bzipped(plain)}) {
    for (size_t size = 3; size < whole.size(); size++)
      EXPECT_THROW(read_all({whole.begin(), whole.begin() + static_cast<int>(size)}), Error);
    Octets damaged = whole;
    damaged[whole.size() / 2] ^= 0x55;
    EXPECT_THROW(read_all(damaged), Error);
  }
}

TEST(BadFiles, CutOffAnywhere) {
  const Octets whole = joined({peer_table(), rib_v4()});
  for (size_t size = 1; size < whole.size(); size++) {
    const Octets cut(whole.begin(), whole.begin() + static_cast<int>(size));
    if (size == peer_table().size())
      EXPECT_TRUE(read_all(cut).empty());
    else
      EXPECT_THROW(read_all(cut), Error) << size;
  }
}

std::string complaint(Octets octets) {
  try {
    read_all(std::move(octets));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(BadFiles, SayWhatAndWhere) {
  const std::string attributes = " 58000000 0000";
  const auto after_peers = [](uint16_t subtype, const std::string& body) {
    return complaint(joined({peer_table(), record(13, subtype, body)}));
  };
  EXPECT_EQ(complaint(rib_v4()), "MRT: a route before the table of peers at octet 12");
  EXPECT_EQ(complaint(hex("00000000 000d 0002 7fffffff")),
            "MRT: a record claims 2147483647 octets at octet 12");
  EXPECT_EQ(complaint(hex("00000000 000d 0002 00ffffff 00")),
            "MRT: the file ends inside a record at octet 13");
  EXPECT_EQ(after_peers(2, "00000001 21"), "MRT: a prefix of 33 bits at octet 77");
  EXPECT_EQ(after_peers(2, "00000001 18 cb0071 0001 0002" + attributes),
            "MRT: peer 2 is not in the table at octet 90");
  EXPECT_EQ(after_peers(2, "00000001 18 cb0071 0002 0000" + attributes),
            "MRT: a record is shorter than what is in it at octet 90");
  EXPECT_EQ(after_peers(2, "00000001 18 cb0071 0001 0000" + attributes + "00"),
            "MRT: a record is longer than what is in it at octet 90");
  EXPECT_EQ(complaint(record(13, 1, "0a000001 ffff 74")),
            "MRT: a record is shorter than what is in it at octet 19");
  EXPECT_EQ(complaint(record(16, 4, "0000fde9 0000fdea 0000 0003")),
            "MRT: address family 3 at octet 24");
}

TEST(BadFiles, NotThere) { EXPECT_THROW(Reader("no/such/file.mrt"), IoError); }

TEST(BadFiles, AnyOctetChanged) {
  const Octets whole = joined({peer_table(), rib_v4()});
  unsigned refused = 0;
  for (size_t at = 0; at < whole.size(); at++) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Octets bad = whole;
      bad[at] = static_cast<uint8_t>(value);
      try {
        for (const Entry& entry : read_all(bad)) {
          const auto& prefix = std::get<RibEntry>(entry).prefix;
          ASSERT_EQ(prefix, prefix.canonical());
        }
      } catch (const Error& error) {
        refused++;
        ASSERT_LE(error.offset(), whole.size());
      } catch (const std::bad_variant_access&) {
        continue;  // it has become a BGP message
      }
    }
  }
  EXPECT_GT(refused, 50u);
}

}  // namespace
}  // namespace erbium::cp::mrt
