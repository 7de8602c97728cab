// The end of every path: the frame leaves by the trunk of its interface, into a link or out of a
// port. From here on the link or port accounts for it.
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class Output final : public Stage {
 public:
  void run(Burst& burst, Context& context) noexcept override {
    const Forwarding& tables = context.tables();
    for (unsigned i = 0; i < burst.size(); i++) {
      const Packet p = burst[i];
      context.transmit(p, tables.trunks[tables.interfaces[p.meta().interface_out].trunk]);
    }
    burst.resize(0);
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
