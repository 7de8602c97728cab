// pcapng files (draft-ietf-opsawg-pcapng) without libpcap, in either byte order, with any number of
// sections and interfaces, each with its own link type, resolution of time and snapshot length.
// Reads enhanced, simple and obsolete packet blocks; all other blocks are stepped over.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/file_window.h"

namespace erbium::dp {

// True if a file that begins with `head` is pcapng.
bool is_pcapng(std::span<const uint8_t> head);

// `window` stands at the start of such a file. A link type that cannot be made Ethernet is refused
// with the first packet that has it.
std::unique_ptr<CaptureReader> open_pcapng(std::string path, FileWindow window);

}  // namespace erbium::dp
