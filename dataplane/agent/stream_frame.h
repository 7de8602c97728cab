// Makes the frame of a stream out of its message, and refuses what could not carry the payload.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "common/api/messages.h"
#include "dataplane/core/stream.h"

namespace erbium::dp {

// An error says what is wrong with the message.
tl::expected<StreamConfig, std::string> stream_from(const api::Stream& message);

}  // namespace erbium::dp
