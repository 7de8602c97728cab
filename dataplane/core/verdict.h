// What a stage decides about a packet. The reason is an index into the reasons that the stage's own
// descriptor declares, so a stage cannot lose a packet without a name for it.
#pragma once

#include <cstdint>

namespace erbium::dp {

class Verdict {
 public:
  enum class Kind : uint16_t {
    next,      // goes on to the next stage
    drop,      // ends here, a counted loss
    consumed,  // ends here, it was for this node
    punt,      // handed to control
    held,      // the stage keeps it and re-injects or drops it later
  };

  static constexpr Verdict next() { return {Kind::next, 0}; }
  static constexpr Verdict drop(uint16_t reason) { return {Kind::drop, reason}; }
  static constexpr Verdict consumed(uint16_t reason) { return {Kind::consumed, reason}; }
  static constexpr Verdict punt(uint16_t reason) { return {Kind::punt, reason}; }
  static constexpr Verdict held() { return {Kind::held, 0}; }

  constexpr Kind kind() const { return kind_; }
  constexpr uint16_t reason() const { return reason_; }
  constexpr bool is_next() const { return kind_ == Kind::next; }

 private:
  constexpr Verdict(Kind kind, uint16_t reason) : kind_(kind), reason_(reason) {}
  Kind kind_;
  uint16_t reason_;
};

}  // namespace erbium::dp
