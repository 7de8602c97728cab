// The end of every path: the frame leaves by the trunk of its interface, into a link or out of a
// port. From here on the link or port accounts for it.
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class Output final : public PacketStage<Output> {
 public:
  Verdict process(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    context.transmit(p, tables.trunks[tables.interfaces[p.meta().interface_out].trunk]);
    return Verdict::sent();
  }
};

}  // namespace

extern const StageDescriptor stage_output{
    .name = "output",
    .phase = Phase::transmit,
    .nodes = kRouter | kCrossConnect,
    .make = make_stage<Output>,
};

}  // namespace erbium::dp
