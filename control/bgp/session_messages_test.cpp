// OPEN, the stream of messages and collisions: session_messages.cpp and message_stream.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "control/bgp/session.h"
#include "control/bgp/test_session.h"

namespace erbium::cp::bgp {
namespace {

// ---- OPEN ----

// The NOTIFICATION that the OPEN earns, and its data.
std::string refusal(const Open& open, SessionConfig c = config()) {
  Driver d(std::move(c));
  d.reach(State::open_sent);
  d.receive(open);
  const auto* sent = std::get_if<Send>(&d.actions.front());
  if (!sent || sent->octets[18] != 3) return "";
  std::string out = std::to_string(sent->octets[19]) + "/" + std::to_string(sent->octets[20]);
  for (size_t i = 21; i < sent->octets.size(); i++) out += " " + std::to_string(sent->octets[i]);
  return out;
}

TEST(Session, RefusesBadOpens) {
  Open open = peer_open();
  EXPECT_EQ(refusal(open), "");
  open.asn = 65002;
  open.capabilities.as4 = 65002;
  EXPECT_EQ(refusal(open), "2/2");
  open = peer_open();
  open.identifier = 0;
  EXPECT_EQ(refusal(open), "2/3");
  for (const uint16_t hold : {uint16_t{1}, uint16_t{2}}) {
    open = peer_open();
    open.hold_time = hold;
    EXPECT_EQ(refusal(open), "2/6");
  }
  open = peer_open();
  open.capabilities.families = {Family::v6};
  EXPECT_EQ(refusal(open), "2/7 1 4 0 1 0 1");
  open.capabilities.families.clear();  // speaks IPv4 unicast
  EXPECT_EQ(refusal(open), "");
  SessionConfig c = config();
  c.families = {Family::v6};
  EXPECT_EQ(refusal(open, c), "2/7 1 4 0 2 0 1");
}

TEST(Session, RefusesAnotherVersion) {
  Driver d;
  d.reach(State::open_sent);
  auto bytes = octets(peer_open());
  bytes[19] = 3;
  EXPECT_EQ(d(Received{1, bytes}), "Send1(NOTIFICATION 2/1) Close1 Idle");
}

TEST(Session, AnOwnIdentifierIsRefusedOnlyWithinTheAs) {
  Open open = peer_open();
  open.identifier = config().identifier;
  EXPECT_EQ(refusal(open), "");
  SessionConfig c = config();
  c.peer_as = c.local_as;
  open.asn = c.local_as;
  open.capabilities.as4 = c.local_as;
  EXPECT_EQ(refusal(open, c), "2/3");
}

TEST(Session, FamiliesAreTheIntersection) {
  SessionConfig c = config();
  c.families = {Family::v4, Family::v6};
  Driver d(c);
  d.reach(State::open_sent);
  Open open = peer_open();
  open.capabilities.families = {Family::v6};
  d.receive(open);
  d.receive(Keepalive{});
  EXPECT_EQ(std::get<Up>(d.actions.back()).families, std::vector{Family::v6});
}

TEST(Session, WithoutTheCapabilityNoRefreshIsAskedFor) {
  for (const bool capable : {true, false}) {
    Driver d;
    d.reach(State::open_sent);
    Open open = peer_open();
    open.capabilities.route_refresh = capable;
    d.receive(open);
    d.receive(Keepalive{});
    EXPECT_EQ(d(Refresh{Family::v4}), capable ? "Send1(REFRESH)" : "");
  }
}

// ---- the stream ----

TEST(Session, MessagesArriveInAnyPortions) {
  std::vector<uint8_t> stream = octets(peer_open());
  for (const Message& m : {Message(Keepalive{}), Message(announcement()), Message(Keepalive{}),
                           Message(announcement())}) {
    const auto bytes = octets(m);
    stream.insert(stream.end(), bytes.begin(), bytes.end());
  }
  for (size_t portion = 1; portion <= stream.size(); portion++) {
    Driver d;
    d.reach(State::open_sent);
    std::string all;
    for (size_t at = 0; at < stream.size(); at += portion) {
      const std::string part =
          d(Received{1, std::span(stream).subspan(at, std::min(portion, stream.size() - at))});
      if (!part.empty()) all += (all.empty() ? "" : " ") + part;
    }
    EXPECT_EQ(all, "Send1(KEEPALIVE) OpenConfirm Established Up Learned Learned") << portion;
  }
}

TEST(Session, NothingIsReadBehindAnError) {
  Driver d;
  d.reach(State::established);
  auto bytes = octets(cease(Cease::admin_reset));
  const auto more = octets(announcement());
  bytes.insert(bytes.end(), more.begin(), more.end());
  EXPECT_EQ(d(Received{1, bytes}), "Close1 Down-received Idle");
  EXPECT_EQ(d(Received{1, more}), "");
}

TEST(Session, AMalformedAttributeWithdrawsAndGoesOn) {
  Driver d;
  d.reach(State::established);
  auto bytes = octets(announcement());
  const std::vector<uint8_t> origin = {0x40, 1, 1, 0};
  const auto at = std::search(bytes.begin(), bytes.end(), origin.begin(), origin.end());
  ASSERT_NE(at, bytes.end());
  at[3] = 9;  // RFC 7606 §7.1: treat as withdrawn
  EXPECT_EQ(d(Received{1, bytes}), "Faulty Learned");
  const Update& update = std::get<Learned>(d.actions.back()).update;
  EXPECT_EQ(update.withdrawn, announcement().announced);
  EXPECT_TRUE(update.announced.empty());
  EXPECT_EQ(d.session.state(), State::established);
}

// ---- collisions, RFC 4271 §6.8 ----

// Both connections have their OPEN sent; the peer's OPEN comes on `first`, then on the other.
std::string collide(bool first_ours, uint32_t peer_identifier, uint32_t peer_as = 12076) {
  SessionConfig c = config();
  c.peer_as = peer_as;
  Driver d(c);
  d.reach(State::open_sent);
  d(Accepted{kIn});
  Open open = peer_open();
  open.identifier = peer_identifier;
  open.asn = peer_as;
  open.capabilities.as4 = peer_as;
  d.receive(open, first_ours ? 1 : kIn);
  const std::string out = d.receive(open, first_ours ? kIn : 1);
  EXPECT_EQ(d.session.state(), State::open_confirm);
  return out;
}

TEST(Session, TheConnectionOfTheHigherIdentifierStays) {
  const uint32_t lower = config().identifier - 1, higher = config().identifier + 1;
  EXPECT_EQ(collide(true, higher), "Send1(NOTIFICATION 6/7) Close1 Sendin(KEEPALIVE)");
  EXPECT_EQ(collide(false, higher), "Send1(NOTIFICATION 6/7) Close1");
  EXPECT_EQ(collide(true, lower), "Sendin(NOTIFICATION 6/7) Closein");
  EXPECT_EQ(collide(false, lower), "Sendin(NOTIFICATION 6/7) Closein Send1(KEEPALIVE)");
}

TEST(Session, EqualIdentifiersAreDecidedByTheHigherAs) {
  const uint32_t same = config().identifier;
  EXPECT_EQ(collide(true, same, 12076), "Sendin(NOTIFICATION 6/7) Closein");
  EXPECT_EQ(collide(true, same, 65002), "Send1(NOTIFICATION 6/7) Close1 Sendin(KEEPALIVE)");
}

TEST(Session, EstablishedEndsTheOtherConnections) {
  Driver d;
  d(Start{});
  d(Accepted{kIn});
  d(Connected{1});
  d.receive(peer_open(), kIn);
  EXPECT_EQ(d.receive(Keepalive{}, kIn), "Send1(NOTIFICATION 6/7) Close1 Established Up");
  Driver e;
  e(Start{});
  e(Accepted{kIn});
  e.receive(peer_open(), kIn);
  EXPECT_EQ(e.receive(Keepalive{}, kIn), "Close1 Established Up");
  EXPECT_EQ(e(Connected{1}), "");
}

TEST(Session, OneOfTwoConnectionsLostIsNotTheEnd) {
  Driver d;
  d.reach(State::open_confirm);
  d(Accepted{kIn});
  EXPECT_EQ(d(Closed{1}), "OpenSent");
  EXPECT_EQ(d.receive(peer_open(), kIn), "Sendin(KEEPALIVE) OpenConfirm");
}

TEST(Session, ASecondConnectionFromThePeerReplacesItsFirst) {
  Driver d;
  d.reach(State::active);
  d(Accepted{kIn});
  const std::string out = d(Accepted{kIn + 1});
  EXPECT_EQ(out, "Sendin(NOTIFICATION 6/7) Closein Sendin(OPEN)");
  EXPECT_EQ(std::get<Send>(d.actions.back()).id, kIn + 1);
}

// ---- long messages, RFC 8654 §4 ----

Driver established(bool peer_has_capability) {
  Driver d;
  d.reach(State::open_sent);
  Open open = peer_open();
  open.capabilities.extended_message = peer_has_capability;
  d.receive(open);
  d.receive(Keepalive{});
  return d;
}

Update long_announcement() {
  Update update = announcement();
  update.announced.clear();
  for (uint32_t i = 0; i < 2000; i++)
    update.announced.push_back({net::Ip::v4(0x0a000000u + (i << 8)), 24});
  return update;
}

TEST(Session, TakesLongMessagesFromPeersThatTakeNone) {
  std::vector<uint8_t> bytes;
  encode(long_announcement(), {.as4 = true, .extended_message = true}, bytes);
  ASSERT_GT(bytes.size(), 4096u);
  for (const bool peer : {false, true}) {
    Driver d = established(peer);
    EXPECT_EQ(d(Received{1, bytes}), "Learned");
  }
}

TEST(Session, AStopSaysWhy) {
  Driver d = established(true);
  d(Stop{cease(Cease::admin_shutdown), "link down"});
  for (const Action& action : d.actions) {
    const auto* down = std::get_if<Down>(&action);
    const auto* change = std::get_if<StateChanged>(&action);
    EXPECT_EQ(down ? down->reason : change ? change->reason : "link down", "link down");
  }
  EXPECT_EQ(d.session.state(), State::idle);
}

TEST(Session, SendsLongMessagesOnlyToPeersThatTakeThem) {
  for (const bool peer : {false, true}) {
    Driver d = established(peer);
    d(Announce{long_announcement()});
    const auto& sent = std::get<Send>(d.actions.front()).octets;
    EXPECT_EQ(sent[16] << 8 | sent[17], peer ? static_cast<int>(sent.size()) : 4095);
  }
}

// ---- graceful restart, RFC 4724 §4.2 ----

TEST(Session, ARestartedPeerMayReplaceAnEstablishedConnection) {
  GracefulRestart restart;
  restart.restart_time = 120;
  restart.families = {{Family::v4, true}};
  SessionConfig c = config();
  c.graceful_restart = restart;
  Driver d(c);
  d.reach(State::open_sent);
  Open open = peer_open();
  open.capabilities.graceful_restart = restart;
  d.receive(open);
  d.receive(Keepalive{});
  EXPECT_EQ(std::get<Up>(d.actions.back()).peer.capabilities.graceful_restart, restart);
  EXPECT_EQ(d(Accepted{kIn}), "Close1 Down Active Sendin(OPEN) OpenSent");
}

TEST(Session, ARouterThatRestartsSaysSoUntilItIsUp) {
  SessionConfig c = config();
  c.graceful_restart = GracefulRestart{false, 120, {{Family::v4, true}}};
  Driver d(c);
  const auto restarting = [&] {
    for (const Action& action : d.actions)
      if (const auto* sent = std::get_if<Send>(&action)) {
        const auto message = decode(sent->octets, {});
        if (const auto* open = std::get_if<Open>(&message->message))
          return open->capabilities.graceful_restart->restarting;
      }
    ADD_FAILURE() << "no OPEN";
    return false;
  };
  d(Start{.restarting = true});
  d(Connected{1});
  EXPECT_TRUE(restarting());
  d.receive(peer_open());
  d.receive(Keepalive{});
  ASSERT_EQ(d.session.state(), State::established);
  d(Closed{1});
  d.wait();
  d(Connected{2});
  EXPECT_FALSE(restarting());
}

}  // namespace
}  // namespace erbium::cp::bgp
