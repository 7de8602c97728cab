#include "control/bgp/codec.h"

#include <gtest/gtest.h>

#include "control/bgp/test_octets.h"

namespace erbium::cp::bgp {
namespace {

constexpr const char* kMarkerText = "ffffffffffffffffffffffffffffffff ";

Octets raw(const char* rest) { return hex(std::string(kMarkerText) + rest); }

// RFC 4271 §4.1, §4.4: the shortest message.
TEST(Framing, Keepalive) {
  const auto octets = raw("0013 04");
  EXPECT_EQ(encoded(Keepalive{}, {}), octets);
  EXPECT_EQ(message_length(octets, {}).value(), 19u);
  EXPECT_TRUE(std::holds_alternative<Keepalive>(decode(octets, {})->message));
}

TEST(Framing, AsksForMoreUntilTheHeaderIsThere) {
  const auto octets = raw("0013 04");
  for (size_t size = 0; size < octets.size(); size++)
    EXPECT_EQ(message_length(std::span(octets).first(size), {}).value(), 0u);
}

TEST(Framing, LooksAtTheFirstMessageOnly) {
  auto octets = raw("0013 04");
  octets.resize(400, 0);
  EXPECT_EQ(message_length(octets, {}).value(), 19u);
}

TEST(Framing, BrokenMarkerShowsAtItsFirstOctet) {
  const auto error = message_length(hex("fffe"), {}).error();
  EXPECT_EQ(error.notification, (Notification{1, 1, {}}));
}

// RFC 4271 §6.1: subcode 2 with the length as it came.
TEST(Framing, LengthsThatATypeForbids) {
  const struct {
    const char* header;
    const char* data;
  } rows[] = {{"0012 04", "0012"}, {"1001 02", "1001"}, {"001c 01", "001c"}, {"0016 02", "0016"},
              {"0014 03", "0014"}, {"0014 04", "0014"}, {"0016 05", "0016"}, {"0018 05", "0018"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.header);
    const auto length = message_length(raw(row.header), {});
    ASSERT_FALSE(length);
    EXPECT_EQ(length.error().notification, (Notification{1, 2, hex(row.data)}));
  }
}

// RFC 8654 §4: not for OPEN and KEEPALIVE.
TEST(Framing, ExtendedMessages) {
  const CodecOptions extended{.receives_extended = true};
  EXPECT_EQ(message_length(raw("1001 02"), extended).value(), 4097u);
  EXPECT_EQ(message_length(raw("ffff 03"), extended).value(), 65535u);
  EXPECT_FALSE(message_length(raw("1001 01"), extended));
  EXPECT_FALSE(message_length(raw("1001 04"), extended));
}

TEST(Framing, UnknownType) {
  const auto decoded = decode(raw("0013 09"), {});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().notification, (Notification{1, 3, {9}}));
}

TEST(Framing, OctetsThatAreNoWholeMessage) {
  for (const char* text : {"0013", "0017 02 00", "0013 04 00"}) {
    const auto decoded = decode(raw(text), {});
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().notification.subcode, 2);
  }
  EXPECT_FALSE(decode({}, {}));
}

TEST(Notifications, RoundTrip) {
  const Notification sent{6, 2, hex("04 62796521")};
  const auto octets = encoded(sent, {});
  EXPECT_EQ(octets, raw("001a 03 06 02 04 62796521"));
  EXPECT_EQ(std::get<Notification>(decode(octets, {})->message), sent);
}

TEST(Notifications, FitInto4096Octets) {
  const auto octets = encoded(Notification{3, 1, Octets(5000, 7)}, {});
  EXPECT_EQ(octets.size(), 4096u);
  EXPECT_EQ(std::get<Notification>(decode(octets, {})->message).data, Octets(4075, 7));
}

TEST(RouteRefreshes, RoundTrip) {
  for (const auto& [family, text] :
       {std::pair{Family::v4, "0017 05 0001 00 01"}, std::pair{Family::v6, "0017 05 0002 00 01"}}) {
    EXPECT_EQ(encoded(RouteRefresh{family}, {}), raw(text));
    EXPECT_EQ(std::get<RouteRefresh>(decode(raw(text), {})->message).family, family);
  }
}

// Another family, and the subtypes of RFC 7313: nothing happens.
TEST(RouteRefreshes, OthersAreIgnored) {
  for (const char* text : {"0017 05 0001 00 80", "0017 05 0019 00 41", "0017 05 0001 01 01"}) {
    const auto decoded = decode(raw(text), {});
    ASSERT_TRUE(decoded) << text;
    EXPECT_TRUE(std::holds_alternative<Keepalive>(decoded->message));
    EXPECT_EQ(decoded->errors.size(), 1u);
  }
}

}  // namespace
}  // namespace erbium::cp::bgp
