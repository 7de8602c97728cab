#include <gtest/gtest.h>

#include "control/bgp/codec.h"
#include "control/bgp/test_octets.h"

namespace erbium::cp::bgp {
namespace {

// Version 4, AS 65001, hold time 180 s, identifier 10.0.0.1, then the parameters.
Octets open_message(const char* parameters) {
  return message(MessageType::open, hex(std::string("04 fde9 00b4 0a000001 ") + parameters));
}

Notification refused(const Octets& octets) {
  const auto decoded = decode(octets, {});
  return decoded ? Notification{} : decoded.error().notification;
}

Open full() {
  Open open{.asn = 4200000001, .hold_time = 90, .identifier = 0xc0000201};
  auto& capabilities = open.capabilities;
  capabilities.families = {Family::v4, Family::v6};
  capabilities.as4 = 4200000001;
  capabilities.route_refresh = true;
  capabilities.extended_message = true;
  capabilities.graceful_restart =
      GracefulRestart{true, 120, {{Family::v4, true}, {Family::v6, false}}};
  capabilities.unknown = {{1, hex("00190041")}, {73, hex("0461626364")}};
  return open;
}

TEST(Opens, OctetsOfTheCapabilities) {
  const auto octets = encoded(full(), {});
  EXPECT_EQ(octets, message(MessageType::open, hex("04 5ba0 005a c0000201 31 02 2f"
                                                   "0104 00010001 0104 00020001 0200 0600"
                                                   "400a 8078 00010180 00020100"
                                                   "4104 fa56ea01"
                                                   "0104 00190041 4905 0461626364")));
}

TEST(Opens, RoundTrip) {
  EXPECT_EQ(std::get<Open>(decode(encoded(full(), {}), {})->message).capabilities.families,
            full().capabilities.families);
  EXPECT_EQ(std::get<Open>(decode(encoded(full(), {}), {})->message), full());
  const Open plain{.asn = 65001, .hold_time = 0, .identifier = 1};
  EXPECT_EQ(std::get<Open>(decode(encoded(plain, {}), {})->message), plain);
}

// RFC 9072: more than 255 octets of parameters.
TEST(Opens, LongParameters) {
  Open open = full();
  for (uint8_t code = 200; code < 210; code++)
    open.capabilities.unknown.push_back({code, Octets(60)});
  const auto octets = encoded(open, {});
  EXPECT_GT(octets.size(), 600u);
  EXPECT_EQ(std::get<Open>(decode(octets, {})->message), open);
}

// As GoBGP and FRR send them: a parameter a capability; and the long form where it is not needed.
TEST(Opens, OtherWaysToWriteTheSame) {
  const auto split = open_message("0c 02 02 0200 02 06 4104 0000fde9");
  const auto extended = open_message("ff ff 000b 02 0008 0200 4104 0000fde9");
  for (const auto& octets : {split, extended}) {
    const auto decoded = decode(octets, {});
    ASSERT_TRUE(decoded) << decoded.error().what;
    const auto& open = std::get<Open>(decoded->message);
    EXPECT_TRUE(open.capabilities.route_refresh);
    EXPECT_EQ(open.capabilities.as4, 65001u);
  }
}

TEST(Opens, FamiliesOnce) {
  const auto decoded = decode(open_message("0e 02 0c 0104 00010001 0104 00010001"), {});
  EXPECT_EQ(std::get<Open>(decoded->message).capabilities.families, std::vector{Family::v4});
}

// RFC 4271 §6.2.
TEST(Opens, Refused) {
  using N = Notification;
  const auto fixed = [](const char* text) { return message(MessageType::open, hex(text)); };
  EXPECT_EQ(refused(fixed("03 fde9 00b4 0a000001 00")), (N{2, 1, {0, 4}}));
  EXPECT_EQ(refused(fixed("04 0000 00b4 0a000001 00")), (N{2, 2, {}}));
  EXPECT_EQ(refused(fixed("04 fde9 00b4 00000000 00")), (N{2, 3, {}}));
  EXPECT_EQ(refused(fixed("04 fde9 0002 0a000001 00")), (N{2, 6, {}}));
  EXPECT_EQ(refused(fixed("04 fde9 0001 0a000001 00")), (N{2, 6, {}}));
  EXPECT_EQ(refused(fixed("04 fde9 0000 0a000001 00")), N{});
  EXPECT_EQ(refused(fixed("04 fde9 0003 0a000001 00")), N{});
  EXPECT_EQ(refused(open_message("04 01 02 0000")), (N{2, 4, {}}));
}

TEST(Opens, AsNumbersThatCannotBe) {
  const Notification bad_as{2, 2, {}};
  EXPECT_EQ(refused(open_message("08 02 06 4104 0000fdea")), bad_as);  // not the field's
  EXPECT_EQ(refused(open_message("08 02 06 4104 00000000")), bad_as);
  EXPECT_EQ(
      refused(message(MessageType::open, hex("04 5ba0 00b4 0a000001 08 02 06 4104 00005ba0"))),
      bad_as);
}

TEST(Opens, LengthsThatLie) {
  for (const char* parameters :
       {"01", "05 02 02 0200", "04 02 03 0200", "04 02 02 0201", "05 02 03 020100",
        "07 02 05 0103 000100", "07 02 05 4103 0000fd", "04 02 02 4000", "06 02 04 4003 007800",
        "ff ff 0009 02 0004 0200", "03 02 01 02"}) {
    SCOPED_TRACE(parameters);
    const auto decoded = decode(open_message(parameters), {});
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().notification, (Notification{2, 0, {}}));
  }
}

}  // namespace
}  // namespace erbium::cp::bgp
