// The end of every path: the frame leaves by the trunk of its interface, into a link or out of a
// port. From here on the link or port accounts for it.
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class Output final : public Stage {
 public:
  void run(Burst& burst, Context& context) noexcept override {
    const Forwarding& tables = context.tables();
    for (unsigned i = 0; i < burst.size();) {
      const uint32_t interface = burst[i].meta().interface_out;
      unsigned end = i + 1;  // packets in a row that leave by one interface
      while (end < burst.size() && burst[end].meta().interface_out == interface) end++;
      context.transmit({burst.raw() + i, end - i},
                       tables.trunks[tables.interfaces[interface].trunk]);
      i = end;
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
