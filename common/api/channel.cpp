#include "common/api/channel.h"

#include <array>

namespace erbium::api {

void Channel::send(const google::protobuf::MessageLite& message) {
  if (!append_frame(out_, message))
    throw ProtocolError("a message to " + peer_ + " has " + std::to_string(message.ByteSizeLong()) +
                        " bytes, more than the " + std::to_string(kMaxFrame) + " that it takes");
}

void Channel::flush() {
  if (out_.empty()) return;
  stream_->write(out_);
  out_.clear();
}

bool Channel::take(google::protobuf::MessageLite& message, std::optional<Duration> patience,
                   bool may_fail) {
  flush();
  std::array<char, 65'536> buffer;
  while (true) {
    const auto frame = in_.next();
    if (!frame) throw ProtocolError(peer_ + " sent " + frame.error());
    if (*frame) {
      if (message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) return true;
      throw ProtocolError(peer_ + " sent " + std::to_string((*frame)->size()) +
                          " bytes that are no message of the protocol");
    }
    const size_t pending = in_.pending();
    const auto got = stream_->read(buffer, pending > 0 ? kPatience : patience);
    if (got && *got > 0) {
      in_.append({buffer.data(), *got});
    } else if (pending > 0) {
      const std::string half = " after " + std::to_string(pending) + " bytes of a message";
      if (got) throw PeerGone(peer_ + " ended" + half);
      throw ProtocolError(peer_ + " fell silent" + half);
    } else if (got) {
      throw PeerGone(peer_ + " is gone");
    } else if (may_fail) {
      return false;
    } else {
      throw ProtocolError(peer_ + " did not say HELLO within " +
                          std::to_string(kPatience.ns() / 1'000'000'000) + " s");
    }
  }
}

Hello Channel::greet(Hello own, bool as_control) {
  own.set_version(kProtocolVersion);
  const auto exchange = [&](auto to, auto from) {
    *to.mutable_hello() = std::move(own);
    send(to);
    take(from, kPatience, false);
    if (!from.has_hello()) refuse(kind_of(from) + " in place of HELLO");
    return std::move(*from.mutable_hello());
  };
  Hello other = as_control ? exchange(FromControl(), FromDataplane())
                           : exchange(FromDataplane(), FromControl());
  if (other.version() != kProtocolVersion)
    throw ProtocolError(peer_ + " speaks version " + std::to_string(other.version()) +
                        " of the protocol, this program version " +
                        std::to_string(kProtocolVersion) + "; use programs of one build");
  return other;
}

void Channel::refuse(const std::string& what) const {
  throw ProtocolError(peer_ + " sent " + what);
}

}  // namespace erbium::api
