// Captures become frames of the scenario: merged, moved to scenario time, fitted to their ports.
#include "dataplane/driver/input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/pcapng/writer.h"
#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;

constexpr uint64_t kEpoch = 1'700'000'000'000'000'000;
const net::Mac kRouter{{2, 0, 0, 0, 0, 1}};

struct Record {
  uint64_t ns;  // after kEpoch
  Bytes bytes;
  uint32_t missing = 0;
};

class InputTest : public ::testing::Test {
 protected:
  InputTest() { std::filesystem::create_directories(directory_); }
  ~InputTest() override { std::filesystem::remove_all(directory_); }

  // A capture that enters by port 1, 2, ... in the order of the calls.
  void add(const std::vector<Record>& records, const PortFit& fit = {}) {
    const std::string name = "in" + std::to_string(configs_.size() + 1);
    pcapng::Writer writer(directory_ + "/" + name);
    writer.add_interface({.name = name});
    for (const Record& r : records)
      writer.packet({.timestamp_ns = kEpoch + r.ns,
                     .original_length = static_cast<uint32_t>(r.bytes.size()) + r.missing},
                    std::as_bytes(std::span(r.bytes)));
    writer.finish();
    configs_.push_back({.name = name,
                        .path = directory_ + "/" + name,
                        .port = static_cast<uint32_t>(configs_.size() + 1),
                        .fit = fit});
  }
  Input open(Duration max_gap = Duration::s(10)) { return Input(configs_, max_gap); }
  // "port@time" of every frame when the first enters at 0.
  static std::string order(Input& input) {
    input.start(Time());
    std::string out;
    for (; const InputFrame* f = input.next(); input.pop())
      out +=
          (out.empty() ? "" : " ") + std::to_string(f->port) + "@" + std::to_string(f->time.ns());
    return out;
  }
  // The first frame as it enters.
  Bytes fitted(const Bytes& in, const PortFit& fit) {
    configs_.clear();
    add({{0, in}}, fit);
    Input input = open();
    input.start(Time());
    const InputFrame* f = input.next();
    Bytes out(f->head, f->head + f->head_length);
    out.insert(out.end(), f->body, f->body + f->body_length);
    EXPECT_EQ(f->wire_length(), out.size());
    return out;
  }

  const std::string directory_ = ::testing::TempDir() + "erbium_input_" + std::to_string(getpid());
  std::vector<InputConfig> configs_;
};

const Bytes kFrame = frame().ip4("192.168.0.9", "10.0.1.5").bytes();

TEST_F(InputTest, MergesByTimeAndThenByTheOrderOfTheInputs) {
  add({{0, kFrame}, {20, kFrame}, {30, kFrame}});
  add({{10, kFrame}, {20, kFrame}, {25, kFrame}});
  Input input = open();
  EXPECT_EQ(input.first_timestamp_ns(), static_cast<int64_t>(kEpoch));
  EXPECT_EQ(order(input), "1@0 2@10 1@20 2@20 2@25 1@30");
  EXPECT_EQ(input.next(), nullptr);
  EXPECT_EQ(input.per_mille(), 1000u);
}

TEST_F(InputTest, TheFirstPacketEntersWhenItIsTold) {
  add({{5, kFrame}, {9, kFrame}});
  Input input = open();
  EXPECT_FALSE(input.started());
  input.start(Time::from_ns(1'000));
  EXPECT_EQ(input.next()->time.ns(), 1'000);
  EXPECT_EQ(input.next()->time.ns(), 1'000) << "until pop()";
  input.pop();
  EXPECT_EQ(input.next()->time.ns(), 1'004);
}

TEST_F(InputTest, TimeThatRunsBackwardsStandsStillAndIsCounted) {
  add({{10, kFrame}, {7, kFrame}, {8, kFrame}, {12, kFrame}});
  Input input = open();
  EXPECT_EQ(order(input), "1@0 1@0 1@0 1@2");
  EXPECT_EQ(input.clamped(), 2u);
}

TEST_F(InputTest, ShortensIdleGapsOfAllInputsTogether) {
  add({{0, kFrame}, {5'000, kFrame}, {5'001, kFrame}});
  add({{900, kFrame}});
  Input input = open(Duration::ns(1'000));
  EXPECT_EQ(order(input), "1@0 2@900 1@1900 1@1901");
  const auto events = input.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at_ns, 1'900);
  EXPECT_EQ(events[0].what, "gap_shortened");
  EXPECT_EQ(events[0].text, "in1: 4100 ns to 1000 ns");
  EXPECT_TRUE(input.take_events().empty());
}

TEST_F(InputTest, AGapAsLongAsAllowedStays) {
  add({{0, kFrame}, {1'000, kFrame}});
  Input input = open(Duration::ns(1'000));
  EXPECT_EQ(order(input), "1@0 1@1000");
  EXPECT_TRUE(input.take_events().empty());
}

TEST_F(InputTest, WithoutPacketsThereIsNothing) {
  add({});
  Input input = open();
  EXPECT_EQ(input.first_timestamp_ns(), std::nullopt);
  EXPECT_EQ(order(input), "");
}

TEST_F(InputTest, ADamagedCaptureSaysSo) {
  configs_.push_back({.name = "x", .path = directory_ + "/none", .port = 1});
  EXPECT_THROW(open(), CaptureError);
}

TEST_F(InputTest, FitsFramesToThePort) {
  const auto in = [] { return frame().to({{2, 8, 8, 8, 8, 8}}).ip4("192.168.0.9", "10.0.1.5"); };
  const auto out = [&] { return in().to(kRouter); };
  const PortFit plain{.router_mac = kRouter};
  const PortFit tagged{
      .router_mac = kRouter, .outer_tpid = 0x88a8, .outer_vid = 1001, .inner_vid = 100};
  const PortFit keep{.retag = false};
  EXPECT_EQ(fitted(in().bytes(), plain), out().bytes());
  EXPECT_EQ(fitted(in().tag(5).tag(6).bytes(), plain), out().bytes()) << "its tags are gone";
  EXPECT_EQ(fitted(in().bytes(), tagged), out().tag(1001, 0x88a8).tag(100).bytes());
  EXPECT_EQ(fitted(in().tag(7, 0x9100).bytes(), tagged), out().tag(1001, 0x88a8).tag(100).bytes())
      << "these take their place";
  EXPECT_EQ(fitted(in().tag(5).tag(6).bytes(), keep), in().tag(5).tag(6).bytes());
  EXPECT_EQ(fitted(in().to(net::Mac::broadcast()).bytes(), plain),
            in().to(net::Mac::broadcast()).bytes())
      << "group addresses stay";
}

TEST_F(InputTest, WhatIsNoFrameIsLeftAlone) {
  const PortFit fit{.router_mac = kRouter, .outer_vid = 100};
  for (size_t n : {0u, 1u, 13u}) {
    const Bytes stump(kFrame.begin(), kFrame.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(fitted(stump, fit), stump);
  }
  // Tags that end with the capture: the last one is kept as what it seems to be.
  const Bytes cut = frame().tag(5).tag(6).cut(16).bytes();
  EXPECT_EQ(fitted(cut, {.router_mac = kRouter}).size(), 16u);
}

TEST_F(InputTest, CountsWhatTheCaptureLeftOut) {
  add({{0, kFrame, 1000}}, {.outer_vid = 100});
  Input input = open();
  input.start(Time());
  EXPECT_EQ(input.next()->missing, 1000u);
  EXPECT_EQ(input.next()->wire_length(), kFrame.size() + 4 + 1000);
}

TEST_F(InputTest, LengthThatARecordClaimsDoesNotWrap) {
  const Bytes bytes = frame().ip4("192.168.0.9", "10.0.1.5").bytes();
  add({{0, bytes, UINT32_MAX - static_cast<uint32_t>(bytes.size())}},
      {.router_mac = kRouter, .outer_vid = 1001, .inner_vid = 100});
  Input input = open();
  input.start(Time());
  EXPECT_EQ(input.next()->wire_length(), UINT32_MAX);
}

TEST_F(InputTest, RepeatsEachCaptureByItself) {
  add({{0, kFrame}, {10, kFrame}});
  configs_.back().pacing.loop = 3;
  add({{5, kFrame}, {18, kFrame}});
  Input input = open();
  EXPECT_EQ(order(input), "1@0 2@5 1@10 1@10 2@18 1@20 1@20 1@30");
  EXPECT_EQ(input.clamped(), 0u);
  EXPECT_EQ(input.per_mille(), 1000u);
}

TEST_F(InputTest, SpeedCountsFromTheFirstPacketOfAll) {
  add({{0, kFrame}, {100, kFrame}});
  add({{50, kFrame}});
  for (InputConfig& config : configs_) config.pacing.speed = 2;
  Input input = open();
  EXPECT_EQ(order(input), "1@0 2@25 1@50");
}

TEST_F(InputTest, OnlyWhatPassesTheFilterEnters) {
  const Bytes other = frame().ip4("192.168.0.9", "10.0.1.6").bytes();
  add({{0, kFrame}, {10, other}, {20, kFrame}, {30, other}});
  configs_.back().filter = "dst host 10.0.1.6";
  configs_.back().pacing.loop = 2;
  Input input = open();
  EXPECT_EQ(order(input), "1@0 1@20 1@20 1@40");
  configs_.back().filter = "dst host 10.0.1.7";
  Input none = open();
  EXPECT_EQ(order(none), "");
  configs_.back().filter = "dst hots 10.0.1.7";
  EXPECT_THROW(open(), CaptureError);
}

TEST_F(InputTest, SidesEnterByPortsOfTheirOwn) {
  const Bytes back = frame().ip4("10.0.1.5", "192.168.0.9").bytes();
  add({{0, kFrame}, {10, back}, {20, kFrame}}, {.router_mac = kRouter});
  const net::Mac cloud{{2, 0, 0, 0, 0, 9}};
  configs_.back().split = InputSplit{.rules = {.prefixes = {*net::Prefix::parse("10.0.0.0/16")}},
                                     .port = 7,
                                     .fit = {.router_mac = cloud, .outer_vid = 100}};
  Input input = open();
  input.start(Time());
  std::string ports;
  for (; const InputFrame* f = input.next(); input.pop()) {
    ports += std::to_string(f->port);
    EXPECT_TRUE(std::equal(f->head, f->head + 6, (f->port == 7 ? cloud : kRouter).bytes.begin()));
    EXPECT_EQ(f->head_length, f->port == 7 ? 16u : 12u);
  }
  EXPECT_EQ(ports, "171");
}

TEST_F(InputTest, AllFramesOfAPacketEnterAtItsTime) {
  Bytes whole = frame().ip4("10.0.0.1", "10.0.0.2").protocol(net::kProtoTcp).data(3000).bytes();
  whole[14 + 20 + 12] = 0x50;
  add({{0, kFrame}, {10, whole}, {20, kFrame}});
  configs_.back().gso = {GsoOptions::Mode::resegment, 1500};
  Input input = open();
  EXPECT_EQ(order(input), "1@0 1@10 1@10 1@10 1@20");
  configs_.back().gso = {GsoOptions::Mode::drop, 1500};
  Input refusing = open();
  refusing.start(Time());
  refusing.next();
  refusing.pop();
  EXPECT_EQ(refusing.next()->refusal, Refusal::gso_super_frame);
  EXPECT_EQ(refusing.next()->wire_length(), whole.size());
}

}  // namespace
}  // namespace erbium::dp
