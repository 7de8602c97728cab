// pcapng files (draft-ietf-opsawg-pcapng) without libpcap, in either byte order, with any number of
// sections and Ethernet interfaces, each with its own resolution of time and its own snapshot
// length. Reads enhanced, simple and obsolete packet blocks; all other blocks are stepped over.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {

// True if a file that begins with `head` is pcapng.
bool is_pcapng(std::span<const uint8_t> head);

// `fd` stands at the start of such a file and is owned by the reader. `size` as in size(). Null if
// the first interface is not Ethernet.
std::unique_ptr<CaptureReader> open_pcapng(std::string path, int fd, uint64_t size);

}  // namespace erbium::dp
