#include "control/scenario/journal.h"

#include <google/protobuf/util/json_util.h>

namespace erbium::cp {

std::string journal_line(const api::ToDataplane& message, Time at) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return "{\"at_ns\":" + std::to_string(at.ns()) + ",\"message\":" + json + "}\n";
}

}  // namespace erbium::cp
