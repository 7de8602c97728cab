// What is said when the other side breaks the rules, and what only means that it is gone.
#include "common/api/channel.h"

#include <gtest/gtest.h>

#include <deque>

namespace erbium::api {
namespace {

// Gives out what a test has put there; then the end of the stream, or silence.
class Script final : public ByteStream {
 public:
  Script(std::string incoming, bool ends, std::string* written)
      : incoming_(std::move(incoming)), ends_(ends), written_(written) {}
  void write(std::string_view bytes) override { written_->append(bytes); }
  std::optional<size_t> read(std::span<char> into, std::optional<Duration> patience) override {
    const size_t n = std::min(into.size(), incoming_.size());
    std::copy_n(incoming_.begin(), n, into.begin());
    incoming_.erase(0, n);
    if (n > 0 || ends_) return n;
    EXPECT_TRUE(patience.has_value()) << "would wait for ever";
    return std::nullopt;
  }

 private:
  std::string incoming_;
  bool ends_;
  std::string* written_;
};

class ChannelTest : public ::testing::Test {
 protected:
  Channel channel(const std::string& incoming, bool ends = true) {
    return {std::make_unique<Script>(incoming, ends, &written_), "control"};
  }
  static std::string frame(const FromControl& m) {
    std::string out;
    EXPECT_TRUE(append_frame(out, m));
    return out;
  }
  static FromControl hello(uint32_t version) {
    FromControl m;
    m.mutable_hello()->set_version(version);
    return m;
  }
  template <class Error>
  static std::string error(const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }
  std::string broken(const std::string& incoming, bool ends = true) {
    return error<ProtocolError>([&] { channel(incoming, ends).greet({}, false); });
  }
  std::string gone(const std::string& incoming) {
    return error<PeerGone>([&] { channel(incoming).greet({}, false); });
  }
  std::string written_;
};

TEST_F(ChannelTest, GreetsAndTakesWhatFollows) {
  FromControl grant;
  grant.mutable_grant()->set_credit(5);
  Channel c = channel(frame(hello(kProtocolVersion)) + frame(grant));
  EXPECT_EQ(c.greet({}, false).version(), kProtocolVersion);
  FrameReader sent;
  sent.append(written_);
  FromDataplane own;
  const auto bytes = sent.next();
  ASSERT_TRUE(bytes && *bytes);
  ASSERT_TRUE(own.ParseFromString(std::string(**bytes)));
  EXPECT_EQ(own.hello().version(), kProtocolVersion);
  FromControl m;
  c.receive(m);
  EXPECT_EQ(kind_of(m), "grant");
  EXPECT_EQ(m.grant().credit(), 5u);
}

TEST_F(ChannelTest, AnotherVersionIsNamedBesideOurs) {
  EXPECT_EQ(broken(frame(hello(9))),
            "control speaks version 9 of the protocol, this program version " +
                std::to_string(kProtocolVersion) + "; use programs of one build");
}

TEST_F(ChannelTest, SomethingElseThanHello) {
  FromControl grant;
  grant.mutable_grant();
  EXPECT_EQ(broken(frame(grant)), "control sent grant in place of HELLO");
}

TEST_F(ChannelTest, GarbageAndLengthsThatLie) {
  EXPECT_EQ(broken(std::string("\0\0\0\4\xff\xff\xff\xff", 8)),
            "control sent 4 bytes that are no message of the protocol");
  EXPECT_EQ(broken("GET / HTTP/1.1\r\n"),
            "control sent a message of 1195725856 bytes, at most 67108864 are taken");
}

TEST_F(ChannelTest, SilenceIsNotWaitedFor) {
  EXPECT_EQ(broken("", false), "control did not say HELLO within 10 s");
  EXPECT_EQ(broken(frame(hello(1)).substr(0, 5), false),
            "control fell silent after 5 bytes of a message");
}

TEST_F(ChannelTest, TheEndIsNoBreachOfTheRules) {
  EXPECT_EQ(gone(""), "control is gone");
  EXPECT_EQ(gone(frame(hello(1)).substr(0, 5)), "control ended after 5 bytes of a message");
}

TEST_F(ChannelTest, PollTakesOnlyWhatIsThere) {
  Channel c = channel("", false);
  FromControl m;
  EXPECT_FALSE(c.poll(m));
  Channel d = channel(frame(hello(3)), false);
  EXPECT_TRUE(d.poll(m));
  EXPECT_EQ(m.hello().version(), 3u);
}

}  // namespace
}  // namespace erbium::api
