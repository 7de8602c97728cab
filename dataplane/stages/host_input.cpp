// Where packets that control sends by a host port begin their way: takes an IP packet for what its
// first byte says it is. The stages behind judge it as they judge packets from the wire.
#include "dataplane/core/packet_id.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class HostInput final : public Stage {
 public:
  enum Drop : uint16_t { kMalformed };

  void run(Burst& burst, Context& context) noexcept override {
    unsigned protocols = 0;
    burst.retain(
        [&](Packet p) {
          const Verdict verdict = process(p);
          protocols |= static_cast<unsigned>(p.meta().protocol);
          return verdict;
        },
        [&](Packet p, Verdict v) { context.settle(p, v); });
    burst.set_protocols(protocols);
  }

  void explain(Packet p, Verdict verdict, Context&, Explanation& out) override {
    const bool session = from_host_port(p.meta().id);
    out.say(!verdict.is_next() ? "no IP packet"
            : session          ? "sent by a session of this router"
                               : "sent by this router itself");
  }

 private:
  static Verdict process(Packet p) noexcept {
    const auto* first = p.header<uint8_t>();
    const unsigned version = first ? *first >> 4 : 0;
    p.meta().protocol = version == 4   ? Protocol::ipv4
                        : version == 6 ? Protocol::ipv6
                                       : Protocol::none;
    return p.meta().protocol == Protocol::none ? Verdict::drop(kMalformed) : Verdict::next();
  }
};

}  // namespace

extern const StageDescriptor stage_host_input{
    .name = "host_input",
    .phase = Phase::ingress,
    .protocols = static_cast<uint8_t>(Protocol::host),
    .entry = Entry::host,
    .drops = {"host_malformed"},
    .originated = {"session"},
    .make = make_stage<HostInput>,
};

}  // namespace erbium::dp
