// Who talks to whom, who opens and how fast, of captures written here.
#include "dataplane/driver/survey.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/pcapng/writer.h"
#include "dataplane/core/test_packets.h"
#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;

constexpr uint64_t kEpoch = 1'700'000'000'000'000'000;
constexpr uint8_t kSyn = 0x02, kSynAck = 0x12, kAck = 0x10;

Bytes tcp(const char* from, const char* to, uint16_t source, uint16_t destination, uint8_t flags,
          size_t data = 20) {
  Bytes out =
      frame().ip4(from, to).protocol(net::kProtoTcp).ports(source, destination).data(data).bytes();
  out[14 + 20 + 12] = 0x50;  // a header of 20 bytes
  out[14 + 20 + 13] = flags;
  return out;
}

class SurveyTest : public ::testing::Test {
 protected:
  ~SurveyTest() override { std::filesystem::remove(path_); }

  // Packets 1 ms apart.
  void write(const std::vector<Bytes>& packets) {
    pcapng::Writer writer(path_);
    writer.add_interface({.name = "survey"});
    for (size_t i = 0; i < packets.size(); i++)
      writer.packet({.timestamp_ns = kEpoch + i * 1'000'000,
                     .original_length = static_cast<uint32_t>(packets[i].size())},
                    std::as_bytes(std::span(packets[i])));
    writer.finish();
  }
  CaptureSummary survey(const std::vector<Bytes>& packets, const std::string& filter = "") {
    write(packets);
    return dp::survey({path_}, filter);
  }

  const std::string path_ = ::testing::TempDir() + "survey_" + std::to_string(getpid());
};

TEST_F(SurveyTest, AFlowHasOneVoteByWhatShowsBest) {
  const char *low = "10.0.0.1", *high = "10.0.0.9";
  const auto talk = [&](const std::vector<Bytes>& packets) {
    const CaptureSummary out = survey(packets);
    EXPECT_EQ(out.conversations.size(), 1u);
    return out.conversations.front();
  };
  EXPECT_EQ(talk({tcp(high, low, 50000, 50001, kSyn), tcp(low, high, 50001, 50000, kSynAck)}),
            (Conversation{.a = test::ip(low), .b = test::ip(high), .packets = 2, .b_opened = 1}));
  EXPECT_EQ(talk({tcp(high, low, 50000, 50001, kSynAck)}),
            (Conversation{.a = test::ip(low), .b = test::ip(high), .packets = 1, .a_opened = 1}));
  EXPECT_EQ(talk({tcp(high, low, 443, 50001, kAck)}),
            (Conversation{.a = test::ip(low), .b = test::ip(high), .packets = 1, .a_opened = 1}));
  EXPECT_EQ(talk({tcp(high, low, 50002, 50001, kAck), tcp(high, low, 50003, 50001, kAck)}),
            (Conversation{.a = test::ip(low), .b = test::ip(high), .packets = 2, .b_first = 2}));
}

TEST_F(SurveyTest, CountsByKind) {
  const CaptureSummary out = survey({
      frame().ip4("10.0.0.1", "10.0.0.2").bytes(),
      frame().tag(5).ip6("fd00::1", "fd00::2").bytes(),
      frame().to(net::Mac::broadcast()).ip4("10.0.0.1", "255.255.255.255").bytes(),
      frame().arp(2, test::kHostMac, "10.0.0.1", test::kPeerMac, "10.0.0.2").bytes(),
      frame().type(0x88b5).bytes(),
      Bytes(10),
  });
  EXPECT_EQ(out.packets, 6u);
  EXPECT_EQ(out.ip, 2u);
  EXPECT_EQ(out.tagged, 1u);
  EXPECT_EQ(out.group, 1u);
  EXPECT_EQ(out.arp, 1u);
  EXPECT_EQ(out.other, 1u);
  EXPECT_EQ(out.refused, 1u);
  EXPECT_EQ(out.conversations.size(), 2u);
}

TEST_F(SurveyTest, SuperFramesAndTheSegmentsThatHostsOffer) {
  Bytes syn = tcp("10.0.0.1", "10.0.0.2", 50000, 443, kSyn, 24);
  syn[14 + 20 + 12] = 0x60;
  const uint8_t mss[] = {2, 4, 0x23, 0x00};  // 8,960
  std::copy(std::begin(mss), std::end(mss), syn.begin() + 14 + 20 + 20);
  const CaptureSummary out = survey({syn, tcp("10.0.0.1", "10.0.0.2", 50000, 443, kAck, 1473),
                                     tcp("10.0.0.1", "10.0.0.2", 50000, 443, kAck, 1472)});
  EXPECT_EQ(out.largest_mss, 8960);
  EXPECT_EQ(out.super_frames, 1u);
}

TEST_F(SurveyTest, ThePeakIsThatOfATenthOfASecond) {
  std::vector<Bytes> packets;
  uint64_t most = 0;
  for (int i = 0; i < 150; i++) {
    packets.push_back(frame().ip4("10.0.0.1", "10.0.0.2").data(100).bytes());
    if (i < 100) most += packets.back().size() * 8;
  }
  EXPECT_EQ(survey(packets).peak_bps, most * 10);
}

TEST_F(SurveyTest, OnlyWhatPassesTheFilterCounts) {
  const std::vector<Bytes> packets{frame().ip4("10.0.0.1", "10.0.0.2").bytes(),
                                   frame().ip4("10.0.0.1", "10.0.0.3").bytes()};
  EXPECT_EQ(survey(packets, "dst host 10.0.0.3").packets, 1u);
  EXPECT_THROW(survey(packets, "dst hots 10.0.0.3"), CaptureError);
}

TEST_F(SurveyTest, WhatStandsBeforeDamageCounts) {
  write({frame().ip4("10.0.0.1", "10.0.0.2").bytes(), frame().ip4("10.0.0.1", "10.0.0.3").bytes()});
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 60);
  EXPECT_EQ(dp::survey({path_}, "").packets, 1u);
  std::ofstream(path_, std::ios::trunc) << "no capture";
  EXPECT_THROW(dp::survey({path_}, ""), CaptureError);
}

}  // namespace
}  // namespace erbium::dp
