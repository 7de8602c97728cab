#include "control/bfd/packet.h"

#include <gtest/gtest.h>

#include <vector>

namespace erbium::cp::bfd {
namespace {

// State Up, Poll, multiplier 3; discriminators 0x01020304 and 0x05060708; 300 ms, 750 ms, 0.
const std::vector<uint8_t> kOctets = {0x21, 0xe0, 3,    24,   1, 2,    3,    4,    5, 6, 7, 8,
                                      0,    0x04, 0x93, 0xe0, 0, 0x0b, 0x71, 0xb0, 0, 0, 0, 0};

Packet good() {
  Packet p;
  p.diagnostic = Diagnostic::detection_time_expired;
  p.state = State::up;
  p.poll = true;
  p.detect_multiplier = 3;
  p.my_discriminator = 0x01020304;
  p.your_discriminator = 0x05060708;
  p.desired_min_tx = 300'000;
  p.required_min_rx = 750'000;
  return p;
}

Discard refused(const std::vector<uint8_t>& octets) {
  const auto result = parse(octets);
  return std::holds_alternative<Discard>(result) ? std::get<Discard>(result) : Discard::admin_down;
}

std::vector<uint8_t> with(size_t at, uint8_t value) {
  auto octets = kOctets;
  octets[at] = value;
  return octets;
}

TEST(BfdPacket, StandsOnTheWireAsTheStandardDrawsIt) {
  const auto octets = encode(good());
  EXPECT_EQ(std::vector(octets.begin(), octets.end()), kOctets);
  const auto back = parse(kOctets);
  ASSERT_TRUE(std::holds_alternative<Packet>(back));
  EXPECT_EQ(std::get<Packet>(back), good());
}

TEST(BfdPacket, EveryOctetStringOfTheLengthComesBack) {
  uint64_t state = 1;
  for (int round = 0; round < 10'000; ++round) {
    std::array<uint8_t, kPacketLength> octets;
    for (uint8_t& o : octets) {
      state = state * 6364136223846793005 + 1442695040888963407;
      o = static_cast<uint8_t>(state >> 56);
    }
    ASSERT_EQ(encode(decode(octets)), octets);
  }
}

TEST(BfdPacket, EachFlagIsItsOwnBit) {
  const std::pair<bool Packet::*, uint8_t> flags[] = {{&Packet::poll, 0x20},
                                                      {&Packet::final, 0x10},
                                                      {&Packet::control_plane_independent, 0x08},
                                                      {&Packet::authentication, 0x04},
                                                      {&Packet::demand, 0x02},
                                                      {&Packet::multipoint, 0x01}};
  for (const auto& [flag, bit] : flags) {
    Packet p;
    p.*flag = true;
    EXPECT_EQ(encode(p)[1], 0x40 | bit);
  }
}

TEST(BfdPacket, DiscardsAreNamed) {
  EXPECT_EQ(refused({kOctets.begin(), kOctets.end() - 1}), Discard::truncated);
  EXPECT_EQ(refused({}), Discard::truncated);
  EXPECT_EQ(refused(with(0, 0x01)), Discard::version);
  EXPECT_EQ(refused(with(0, 0x41)), Discard::version);
  EXPECT_EQ(refused(with(3, 23)), Discard::length);
  EXPECT_EQ(refused(with(3, 25)), Discard::length);
  EXPECT_EQ(refused(with(2, 0)), Discard::detect_multiplier);
  EXPECT_EQ(refused(with(1, 0xe1)), Discard::multipoint);
  auto octets = kOctets;
  for (size_t i = 4; i < 8; ++i) octets[i] = 0;
  EXPECT_EQ(refused(octets), Discard::my_discriminator);
  octets = kOctets;
  for (size_t i = 8; i < 12; ++i) octets[i] = 0;
  EXPECT_EQ(refused(octets), Discard::your_discriminator);
  octets[1] = 0x80;  // Init
  EXPECT_EQ(refused(octets), Discard::your_discriminator);
  for (uint8_t state : {uint8_t{0x00}, uint8_t{0x40}}) {  // AdminDown and Down need not know it
    octets[1] = state;
    EXPECT_TRUE(std::holds_alternative<Packet>(parse(octets)));
  }
  // With authentication the least length is 26; what the section holds is not looked at.
  octets = with(1, 0xc4);
  EXPECT_EQ(refused(octets), Discard::length);
  octets.resize(26);
  octets[3] = 26;
  ASSERT_TRUE(std::holds_alternative<Packet>(parse(octets)));
  EXPECT_TRUE(std::get<Packet>(parse(octets)).authentication);
  EXPECT_STREQ(name(Discard::hop_limit), "hop_limit");
  EXPECT_STREQ(name(Discard::admin_down), "admin_down");
}

TEST(BfdPacket, OctetsBehindThePacketAreIgnored) {
  auto octets = kOctets;
  octets.resize(40, 0xee);
  EXPECT_EQ(std::get<Packet>(parse(octets)), good());
}

}  // namespace
}  // namespace erbium::cp::bfd
