// Expectations of a scenario against what was measured.
#pragma once

#include <vector>

#include "control/report/report.h"
#include "control/scenario/record.h"

namespace erbium::cp {

// In the order of the file. `report` has its impacts already.
std::vector<ReportExpectation> judge_expectations(const RunRecord& record, const Report& report);

}  // namespace erbium::cp
