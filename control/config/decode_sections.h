// The parts of decode.cpp: each fills its sections from the accepted top of the file. Private to
// control/config.
#pragma once

#include <filesystem>

#include "control/config/reader.h"
#include "control/config/scenario.h"

namespace erbium::cp {

SecretRef read_secret(const Reader& in, const std::filesystem::path& directory);
LinkRef read_link(const std::string& text, SourceMark mark);
std::vector<LinkRef> read_links(const Reader& in, std::string_view key);
std::vector<MarkedPrefix> read_prefixes(const Reader& in, std::string_view key);
// What `announce` has in onprem and in the timeline alike.
Announcement read_run_of_routes(const Reader& in);
// `text` against the directory of the scenario, unless absolute.
std::string resolve_path(const std::filesystem::path& directory, const std::string& text);

// Each appends to the scenario. `directory` anchors relative paths.
void read_circuits(const Reader& top, const std::filesystem::path& directory, Scenario& out);
void read_azure(const Reader& top, const std::filesystem::path& directory, Scenario& out);
void read_onprem(const Reader& top, const std::filesystem::path& directory, Scenario& out);
void read_impairments(const Reader& top, const std::filesystem::path& directory, Scenario& out);
void read_run(const Reader& top, const std::filesystem::path& directory, Scenario& out);

// References, links of the CEs, targets of the timeline, impairments of links. Throws Fault at the
// dangling reference that comes first in the file.
void resolve(Scenario& scenario);

}  // namespace erbium::cp
