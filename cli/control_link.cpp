#include "cli/control_link.h"

#include "common/check.h"
#include "control/scenario/journal.h"
#include "dataplane/driver/collect.h"

namespace erbium::cli {

ControlLink::ControlLink(cp::Controller& controller, dp::Agent& agent, dp::Network& network,
                         Duration sample_interval, OutputFile* journal)
    : controller_(controller) {
  controller_.begin(
      [&agent, journal](const api::ToDataplane& message, Time at) {
        const auto status = agent.handle(message);
        ERBIUM_CHECK(status.has_value());  // what control compiles is well formed
        if (journal) journal->append(cp::journal_line(message, at));
      },
      [&network] { return dp::collect_links(network); }, sample_interval);
}

}  // namespace erbium::cli
