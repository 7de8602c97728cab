// Reads captures once and sums up what they hold. Memory does not grow with their length: pairs of
// hosts are listed up to a limit, and flows are told apart in a table where a new one may take the
// place of an older.
#pragma once

#include <string>
#include <vector>

#include "common/capture_summary.h"

namespace erbium::dp {

// Of what passes the filter (pcap-filter(7); empty: everything). Throws CaptureError if a capture
// cannot be opened; one that is damaged counts up to the damage.
CaptureSummary survey(const std::vector<std::string>& paths, const std::string& filter);

}  // namespace erbium::dp
