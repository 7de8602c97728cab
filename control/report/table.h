// The result of a run as tables that fit a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/run_stats.h"

namespace erbium::cp {

// Columns are as wide as their widest cell. Those that `left` marks are left-aligned, the others
// right. A first cell with which a line would be wider than `width` stands on a line of
// its own.
std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& left = {true}, size_t width = SIZE_MAX);

// Ports, links, drops and totals of a run.
std::string run_table(const RunStats& stats);

}  // namespace erbium::cp
