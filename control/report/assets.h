// The report's page, style and scripts, and dygraphs (MIT licence), which embed.py turns into
// arrays when the program is built.
#pragma once

#include <string_view>

namespace erbium::cp {

extern const std::string_view kReportPage;  // with {{places}} to fill
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;
extern const std::string_view kDygraphsScript;  // with its licence
extern const std::string_view kDygraphsStyle;

}  // namespace erbium::cp
