// What the tests of the capture readers share: a directory for one file, and a way to note all that
// a reader makes of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {

struct CapturedPacket {
  int64_t timestamp_ns;
  uint32_t wire;
  std::string data;
  bool operator==(const CapturedPacket&) const = default;
};
using CapturedPackets = std::vector<CapturedPacket>;

// The packets a reader delivered, then the error that ended it, if any.
struct CaptureOutcome {
  CapturedPackets packets;
  std::string error;
};

using OpenCapture = std::unique_ptr<CaptureReader> (*)(const std::string&);

class CaptureFixture : public ::testing::Test {
 protected:
  CaptureFixture() { std::filesystem::create_directory(directory_); }
  ~CaptureFixture() override { std::filesystem::remove_all(directory_); }

  CaptureOutcome read_with(OpenCapture open, const std::string& bytes) {
    CaptureOutcome outcome;
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      const auto reader = open(path_);
      CaptureRecord r;
      while (reader->next(r))
        outcome.packets.push_back(
            {r.timestamp_ns, r.wire_length, {reinterpret_cast<const char*>(r.data), r.captured}});
      EXPECT_EQ(reader->packets(), outcome.packets.size());
      EXPECT_EQ(reader->position(), reader->size());
    } catch (const CaptureError& error) {
      outcome.error = error.what();
      EXPECT_THAT(outcome.error, ::testing::StartsWith(path_ + ": "));
      EXPECT_THAT(outcome.error, ::testing::Not(::testing::HasSubstr("\n")));
    }
    return outcome;
  }

  std::string directory_ = ::testing::TempDir() + "capture_reader_" + std::to_string(::getpid());
  std::string path_ = directory_ + "/x.pcap";
};

}  // namespace erbium::dp
