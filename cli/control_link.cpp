#include "cli/control_link.h"

#include <google/protobuf/util/json_util.h>

#include "common/check.h"

namespace erbium::cli {

ControlLink::ControlLink(cp::Compiler& compiler, cp::Timeline& timeline, dp::Agent& agent,
                         OutputFile* journal)
    : timeline_(timeline), agent_(agent), journal_(journal) {
  hand_over(compiler.initial());
}

void ControlLink::deliver(Time now) {
  for (const cp::Generation& generation : timeline_.take(now)) hand_over(generation);
}

void ControlLink::replay_starts(Time at) {
  replay_start_ = at;
  timeline_.start(at);
}

void ControlLink::hand_over(const cp::Generation& generation) {
  for (const api::ToDataplane& message : generation.messages) {
    const auto status = agent_.handle(message);
    ERBIUM_CHECK(status.has_value());  // what control compiles is well formed
    if (!journal_) continue;
    std::string line;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    (void)google::protobuf::util::MessageToJsonString(message, &line, options);
    journal_->append("{\"at_ns\":" + std::to_string(generation.at.ns()) + ",\"message\":" + line +
                     "}\n");
  }
}

}  // namespace erbium::cli
