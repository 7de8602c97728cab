// Frames in pieces of every size, and lengths that lie.
#include "common/api/frame.h"

#include <gtest/gtest.h>

#include "common/api/channel.h"

namespace erbium::api {
namespace {

FromControl update(const std::string& name) {
  FromControl m;
  m.mutable_update()->mutable_port()->set_id(7);
  m.mutable_update()->mutable_port()->set_name(name);
  return m;
}

std::string head(uint32_t length) {
  return {static_cast<char>(length >> 24), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

TEST(Frame, PiecesOfEverySizeGiveTheSameMessages) {
  std::string bytes;
  for (const char* name : {"a", "branch", "cloud"}) ASSERT_TRUE(append_frame(bytes, update(name)));
  for (size_t size = 1; size <= bytes.size(); size++) {
    FrameReader reader;
    std::vector<std::string> names;
    for (size_t from = 0; from < bytes.size(); from += size) {
      reader.append({bytes.data() + from, std::min(size, bytes.size() - from)});
      while (true) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame.has_value());
        if (!*frame) break;
        FromControl m;
        ASSERT_TRUE(m.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())));
        names.push_back(m.update().port().name());
      }
    }
    EXPECT_EQ(names, (std::vector<std::string>{"a", "branch", "cloud"})) << size;
    EXPECT_EQ(reader.pending(), 0u);
  }
}

TEST(Frame, TheLengthStandsInNetworkOrder) {
  std::string bytes;
  ASSERT_TRUE(append_frame(bytes, update(std::string(300, 'x'))));
  EXPECT_EQ(bytes.substr(0, kFrameHead), head(static_cast<uint32_t>(bytes.size() - kFrameHead)));
}

TEST(Frame, AMessageAboveTheLimitIsNotWritten) {
  std::string bytes;
  EXPECT_FALSE(append_frame(bytes, update(std::string(kMaxFrame, 'x'))));
  EXPECT_EQ(bytes, "");
}

TEST(Frame, LengthsThatAreNoneAreRefused) {
  for (const auto& [length, text] :
       {std::pair{uint32_t{kMaxFrame + 1}, "a message of 67108865 bytes, at most 67108864"},
        {0xffffffff, "a message of 4294967295 bytes"},
        {0, "a message of no bytes"}}) {
    FrameReader reader;
    const std::string bytes = head(length);
    reader.append(bytes);
    const auto frame = reader.next();
    ASSERT_FALSE(frame.has_value());
    EXPECT_NE(frame.error().find(text), std::string::npos) << frame.error();
  }
}

TEST(Frame, HalfAFrameIsPending) {
  FrameReader reader;
  reader.append(head(5) + "abc");
  const auto frame = reader.next();
  ASSERT_TRUE(frame.has_value());
  EXPECT_FALSE(frame->has_value());
  EXPECT_EQ(reader.pending(), 7u);
}

}  // namespace
}  // namespace erbium::api
