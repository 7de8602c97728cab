// Every link header by the bytes of its definition, and what is refused.
#include "dataplane/driver/ethernet_frames.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/core/test_packets.h"
#include "dataplane/driver/link_type.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;

Bytes hex(const std::string& text) {
  Bytes out;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (size_t i = 0; i < digits.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes kIp4 = frame().ip4("192.168.0.9", "10.0.1.5").without_ethernet();
const Bytes kIp6 = frame().ip6("fd00::9", "fd10::5").without_ethernet();
const Bytes kToGroup = frame().ip4("192.168.0.9", "239.129.2.3").without_ethernet();
const std::string kUnknown = "020000000001 020000000002 ";

struct Frames {
  std::vector<Bytes> bytes;
  std::vector<uint32_t> wire;
  Refusal refusal = Refusal::none;
};

Frames frames(uint32_t link_type, const Bytes& packet, uint32_t missing = 0,
              const GsoOptions& gso = {}) {
  EthernetFrames made(gso);
  const auto captured = static_cast<uint32_t>(packet.size());
  Frames out;
  for (const CapturedFrame& one : made.of({.captured = captured,
                                  .wire_length = captured + missing,
                                  .link_type = link_type,
                                  .data = packet.data()})) {
    out.refusal = one.refusal;
    if (one.refusal == Refusal::none) out.bytes.emplace_back(one.data, one.data + one.captured);
    out.wire.push_back(one.wire_length);
  }
  return out;
}

// The only frame.
Bytes ethernet(uint32_t link_type, const Bytes& packet) {
  const Frames out = frames(link_type, packet);
  EXPECT_EQ(out.refusal, Refusal::none);
  return out.bytes.size() == 1 ? out.bytes[0] : Bytes();
}
Refusal refusal(uint32_t link_type, const std::string& packet) {
  return frames(link_type, hex(packet)).refusal;
}

TEST(EthernetFrames, EthernetStaysWhereItIs) {
  const Bytes bytes = frame().ip4("192.168.0.9", "10.0.1.5").bytes();
  EXPECT_EQ(ethernet(kLinkEthernet, bytes), bytes);
}

TEST(EthernetFrames, RawIpOfBothVersions) {
  for (const uint32_t type : {kLinkRaw, kLinkRaw12, kLinkRaw14, kLinkIpv4})
    EXPECT_EQ(ethernet(type, kIp4), hex(kUnknown + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkIpv6, kIp6), hex(kUnknown + "86dd") + kIp6);
  EXPECT_EQ(ethernet(kLinkRaw, kToGroup), hex("01005e010203 020000000002 0800") + kToGroup);
  EXPECT_EQ(refusal(kLinkRaw, ""), Refusal::frame_malformed);
  EXPECT_EQ(refusal(kLinkRaw, "00"), Refusal::frame_malformed);
}

TEST(EthernetFrames, LoopbackInEitherByteOrder) {
  EXPECT_EQ(ethernet(kLinkNull, hex("02000000") + kIp4), hex(kUnknown + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkNull, hex("00000002") + kIp4), hex(kUnknown + "0800") + kIp4);
  for (const char* family : {"0000000a", "18000000", "0000001c", "1e000000"})
    EXPECT_EQ(ethernet(kLinkLoop, hex(family) + kIp6), hex(kUnknown + "86dd") + kIp6);
  EXPECT_EQ(refusal(kLinkLoop, "00000007 00"), Refusal::frame_no_ethertype);
  EXPECT_EQ(refusal(kLinkLoop, "000000"), Refusal::frame_malformed);
}

TEST(EthernetFrames, LinuxCooked) {
  const std::string mac = "0006 020000000a0b 0000 ";
  EXPECT_EQ(ethernet(kLinkCooked, hex("0000 0001 " + mac + "0800") + kIp4),
            hex("020000000001 020000000a0b 0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkCooked, hex("0001 0001 " + mac + "0806") + kIp4),
            hex("ffffffffffff 020000000a0b 0806") + kIp4);
  EXPECT_EQ(ethernet(kLinkCooked, hex("0000 0001 " + mac + "0004 424203")),
            hex("020000000001 020000000a0b 0003 424203"));
  // A tunnel device without addresses; netlink; a header cut short.
  EXPECT_EQ(ethernet(kLinkCooked, hex("0004 fffe 0000 0000000000000000 86dd") + kIp6),
            hex(kUnknown + "86dd") + kIp6);
  EXPECT_EQ(refusal(kLinkCooked, "0000 0338 " + mac + "0800"), Refusal::frame_no_ethertype);
  EXPECT_EQ(refusal(kLinkCooked, "0000 0001 " + mac + "0001"), Refusal::frame_no_ethertype);
  EXPECT_EQ(refusal(kLinkCooked, "0000 0001 " + mac + "08"), Refusal::frame_malformed);
  EXPECT_EQ(ethernet(kLinkCooked2, hex("0800 0000 00000002 0001 00 06 020000000a0b 0000") + kIp4),
            hex("020000000001 020000000a0b 0800") + kIp4);
  EXPECT_EQ(refusal(kLinkCooked2, "0800 0000 00000002 0001 00 06 020000000a0b 00"),
            Refusal::frame_malformed);
}

TEST(EthernetFrames, LengthsOnTheWireAreKept) {
  const Frames out = frames(kLinkCooked, hex("0000 0001 0006 020000000a0b 0000 0800") + kIp4, 100);
  EXPECT_EQ(out.wire, std::vector<uint32_t>{static_cast<uint32_t>(14 + kIp4.size() + 100)});
  EXPECT_EQ(frames(kLinkRaw, hex("00"), 9).wire, std::vector<uint32_t>{10});
}

const std::string kA = "020000000001 ", kB = "020000000002 ", kC = "020000000003 ",
                  kD = "020000000004 ", kSnap = "aaaa03000000 0800";

TEST(EthernetFrames, LengthThatARecordClaimsDoesNotWrap) {
  const auto missing = UINT32_MAX - static_cast<uint32_t>(kIp4.size());
  EXPECT_EQ(frames(kLinkRaw, kIp4, missing).wire, (std::vector<uint32_t>{UINT32_MAX}));
  EXPECT_EQ(frames(kLinkRaw, kIp4, missing - 15).wire, (std::vector<uint32_t>{UINT32_MAX - 1}));
}

TEST(EthernetFrames, WirelessAddressesInEveryDirection) {
  const auto head = [](const std::string& flags) {
    return "08 " + flags + " 0000 " + kA + kB + kC + "0000 ";
  };
  const Bytes body = hex(kSnap) + kIp4;
  EXPECT_EQ(ethernet(kLinkIeee80211, hex(head("00")) + body), hex(kA + kB + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkIeee80211, hex(head("01")) + body), hex(kC + kB + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkIeee80211, hex(head("02")) + body), hex(kA + kC + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkIeee80211, hex(head("03") + kD) + body), hex(kC + kD + "0800") + kIp4);
}

TEST(EthernetFrames, WirelessHeadersOfQosAndPayloads) {
  const std::string addresses = "0000 " + kA + kB + kC + "0000 ";
  EXPECT_EQ(ethernet(kLinkIeee80211, hex("88 01 " + addresses + "0000" + kSnap) + kIp4),
            hex(kC + kB + "0800") + kIp4);
  EXPECT_EQ(ethernet(kLinkIeee80211, hex("88 81 " + addresses + "0000 01020304" + kSnap) + kIp4),
            hex(kC + kB + "0800") + kIp4);
  // Not RFC 1042: spanning tree has LLC; IPX stays behind its SNAP, or comes out of 802.1H.
  EXPECT_EQ(ethernet(kLinkIeee80211, hex("08 01 " + addresses + "424203 00")),
            hex(kC + kB + "0004 424203 00"));
  EXPECT_EQ(ethernet(kLinkIeee80211, hex("08 01 " + addresses + "aaaa03000000 8137 01")),
            hex(kC + kB + "0009 aaaa03000000 8137 01"));
  EXPECT_EQ(ethernet(kLinkIeee80211, hex("08 01 " + addresses + "aaaa030000f8 8137 01")),
            hex(kC + kB + "8137 01"));
}

TEST(EthernetFrames, WirelessFramesThatAreRefused) {
  const std::string addresses = "0000 " + kA + kB + kC;
  EXPECT_EQ(refusal(kLinkIeee80211, "80 00 " + addresses + "0000"), Refusal::frame_not_data);
  EXPECT_EQ(refusal(kLinkIeee80211, "d4 00 0000 " + kA), Refusal::frame_not_data);
  EXPECT_EQ(refusal(kLinkIeee80211, "48 01 " + addresses + "0000"), Refusal::frame_not_data);
  EXPECT_EQ(refusal(kLinkIeee80211, "08 41 " + addresses + "0000" + kSnap),
            Refusal::frame_protected);
  EXPECT_EQ(refusal(kLinkIeee80211, "08 05 " + addresses + "0000" + kSnap), Refusal::frame_partial);
  EXPECT_EQ(refusal(kLinkIeee80211, "08 01 " + addresses + "0100" + kSnap), Refusal::frame_partial);
  EXPECT_EQ(refusal(kLinkIeee80211, "08 01 " + addresses), Refusal::frame_malformed);
  EXPECT_EQ(refusal(kLinkIeee80211, "88 01 " + addresses + "0000 00"), Refusal::frame_malformed);
  EXPECT_EQ(refusal(kLinkIeee80211, ""), Refusal::frame_malformed);
}

TEST(EthernetFrames, AggregatedWirelessFramesComeApart) {
  const Bytes first = hex(kC + kB + "000b" + "aaaa03000000 0800 010203");
  const Bytes second = hex(kA + kB + "0009" + "aaaa03000000 0806 04");
  const Bytes head = hex("88 01 0000 " + kA + kB + kC + "0000 8000");
  const Frames out = frames(kLinkIeee80211, head + first + hex("000000") + second);
  ASSERT_EQ(out.bytes.size(), 2u);
  EXPECT_EQ(out.bytes[0], hex(kC + kB + "0800 010203"));
  EXPECT_EQ(out.bytes[1], hex(kA + kB + "0806 04"));
  EXPECT_EQ(frames(kLinkIeee80211, head + hex(kC + kB + "00ff 00")).refusal,
            Refusal::frame_malformed);
}

TEST(EthernetFrames, RadiotapTellsOfFcsAndPadding) {
  const std::string data = "08 01 0000 " + kA + kB + kC + "0000 ";
  const Bytes plain = hex(kC + kB + "0800") + kIp4;
  const Bytes body = hex(kSnap) + kIp4;
  EXPECT_EQ(ethernet(kLinkRadiotap, hex("0000 0800 00000000" + data) + body), plain);
  EXPECT_EQ(ethernet(kLinkRadiotap, hex("0000 0900 02000000 10" + data) + body + hex("01020304")),
            plain);
  // A time first, eight bytes on a boundary of eight; two words of fields.
  EXPECT_EQ(
      ethernet(kLinkRadiotap, hex("0000 1900 03000080 00000000 00000000 0000000000000000 10") +
                                  hex(data) + body + hex("01020304")),
      plain);
  EXPECT_EQ(
      ethernet(kLinkRadiotap,
               hex("0000 0900 02000000 20 88 01 0000 " + kA + kB + kC + "0000 0000 0000") + body),
      plain);
  for (const char* bad : {"0000 0800", "0000 0700 00000000 00", "0000 2000 00000000 00",
                          "0000 0900 02000000 40 0801", "0000 0900 00000080 00"})
    EXPECT_EQ(refusal(kLinkRadiotap, bad), Refusal::frame_malformed) << bad;
}

TEST(EthernetFrames, SuperFramesAreDroppedCutOrKept) {
  using Mode = GsoOptions::Mode;
  Bytes tcp = frame().ip4("192.168.0.9", "10.0.1.5").protocol(net::kProtoTcp).data(12).bytes();
  tcp[14 + 20 + 12] = 0x50;
  tcp.resize(14 + 40 + 3000);
  tcp[16] = 3040 >> 8, tcp[17] = 3040 & 255;
  EXPECT_EQ(frames(kLinkEthernet, tcp, 0, {Mode::keep, 1500}).bytes.size(), 1u);
  EXPECT_EQ(frames(kLinkEthernet, tcp, 0, {Mode::drop, 1500}).refusal, Refusal::gso_super_frame);
  EXPECT_EQ(frames(kLinkEthernet, tcp, 0, {Mode::drop, 3040}).refusal, Refusal::none);
  EXPECT_EQ(frames(kLinkEthernet, tcp, 0, {Mode::resegment, 1500}).wire,
            (std::vector<uint32_t>{1514, 1514, 14 + 40 + 80}));
  // Only the headers were captured: the segments have theirs.
  tcp.resize(54);
  const Frames cut = frames(kLinkEthernet, tcp, 3000, {Mode::resegment, 1500});
  EXPECT_EQ(cut.wire, (std::vector<uint32_t>{1514, 1514, 14 + 40 + 80}));
  for (const Bytes& bytes : cut.bytes) EXPECT_EQ(bytes.size(), 54u);
  // Where IP has no length it is the frame's, up to what a host hands over at once.
  tcp[16] = tcp[17] = 0;
  const auto segments = [&](uint32_t missing) {
    return frames(kLinkEthernet, tcp, missing, {Mode::resegment, 1500}).wire.size();
  };
  EXPECT_EQ(segments(524'240), 360u);
  EXPECT_EQ(segments(524'241), 1u);
  EXPECT_EQ(segments(3'000'000'000), 1u);
  // Every segment has all the tags, so many would make much of little.
  const auto tagged = [&](size_t tags) {
    Bytes out(tcp.begin(), tcp.begin() + 12);
    for (size_t i = 0; i < tags; i++) out = out + hex("88a8 0064");
    return out + Bytes(tcp.begin() + 12, tcp.end());
  };
  EXPECT_EQ(frames(kLinkEthernet, tagged(4), 3000, {Mode::resegment, 1500}).wire.size(), 3u);
  EXPECT_EQ(frames(kLinkEthernet, tagged(5), 3000, {Mode::resegment, 1500}).wire.size(), 1u);
  const Bytes udp = frame().ip4("192.168.0.9", "10.0.1.5").data(3000).bytes();
  EXPECT_EQ(frames(kLinkEthernet, udp, 0, {Mode::drop, 1500}).refusal, Refusal::none);
}

}  // namespace
}  // namespace erbium::dp
