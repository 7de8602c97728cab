// Control and dataplane talking to each other over a stream of bytes (channel.proto). What the
// stream is and how long a read may take is for the caller; here are the buffers, the greeting,
// and what is said when the other side breaks the rules.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "common/api/channel.pb.h"
#pragma GCC diagnostic pop

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/api/frame.h"
#include "common/units.h"

namespace erbium::api {

// Goes up by one with every change of what a message in channel.proto or dataplane.proto holds or
// means: a field that is added, goes, or is read in another way. The two programs have no other way
// to see that they are of different builds. tests/integration/processes_test.py and the corpus
// tests/fuzz/corpus/channel hold the number, too.
inline constexpr uint32_t kProtocolVersion = 3;
// Packets that control takes at once: with the longest frames 9 MiB, below kMaxFrame.
inline constexpr uint32_t kCredit = 1024;

// The other side said what it must not, or in another version. One line.
class ProtocolError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The other side is gone: the stream has ended or broken. One line.
class PeerGone : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Writes all of it. Throws PeerGone.
  virtual void write(std::string_view bytes) = 0;
  // What there is, at least one byte: waits for it, at most for `patience`. 0 at the end of the
  // stream or when it breaks, nullopt when the patience is over.
  virtual std::optional<size_t> read(std::span<char> into, std::optional<Duration> patience) = 0;
};

class Channel {
 public:
  // Between the bytes of one message, and before HELLO, nobody waits for longer.
  static constexpr Duration kPatience = Duration::s(10);

  // `peer` is who is at the other end, for error texts: "control", "the dataplane".
  Channel(std::unique_ptr<ByteStream> stream, std::string peer)
      : stream_(std::move(stream)), peer_(std::move(peer)) {}

  // Takes the message; it leaves with flush(), or before the next is received. Throws ProtocolError
  // when it is longer than kMaxFrame.
  void send(const google::protobuf::MessageLite& message);
  // Throws PeerGone.
  void flush();
  // The next message; waits for it as long as it takes. Throws PeerGone, ProtocolError.
  void receive(google::protobuf::MessageLite& message) { take(message, std::nullopt, false); }
  // The same if one has begun to come; false when none has.
  bool poll(google::protobuf::MessageLite& message) { return take(message, Duration(), true); }

  // Sends HELLO and waits for the other's. Throws PeerGone, ProtocolError.
  Hello greet(Hello own, bool as_control);

  // `what` was not to come now.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  bool take(google::protobuf::MessageLite& message, std::optional<Duration> patience,
            bool may_fail);

  std::unique_ptr<ByteStream> stream_;
  std::string peer_;
  std::string out_;
  FrameReader in_;
};

// The name of what a message holds, "grant"; "nothing" where that is not known here.
template <class Message>
std::string kind_of(const Message& message) {
  const auto* kind = Message::descriptor()->FindFieldByNumber(message.message_case());
  return kind ? kind->name() : "nothing";
}

}  // namespace erbium::api
