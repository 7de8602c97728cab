// A link's impairment out of control's message.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "common/api/messages.h"
#include "dataplane/links/impairment.h"

namespace erbium::dp {

// An error says which value is no good.
tl::expected<ImpairmentConfig, std::string> impairment_from(const api::Impairment& m);

}  // namespace erbium::dp
