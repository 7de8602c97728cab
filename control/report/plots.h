// Which plots over time a report has, and their legends.
#pragma once

#include <string>
#include <vector>

#include "control/report/report.h"
#include "control/report/svg.h"

namespace erbium::cp {

// The plots of the page, in its order; those without any value that is not zero have no series.
// Where there are too many links, those with most.
std::vector<Plot> report_plots(const Report& report);

// `css` is a further class of the list, or empty.
std::string legend(const std::vector<std::string>& names, const std::string& css);

}  // namespace erbium::cp
