// Plain pcap files (draft-ietf-opsawg-pcap) without libpcap: records are handed out where they were
// read, so a packet costs a header check and its share of read(2). Takes version 2.4, microseconds
// or nanoseconds, either byte order; the rest is left to libpcap.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/file_window.h"

namespace erbium::dp {

constexpr size_t kPcapHeaderSize = 24;

// True if a file that begins with `head` is one this reader takes.
bool is_plain_pcap(std::span<const uint8_t> head);

// `window` stands at the start of such a file. Throws CaptureError for a link type that cannot be
// made Ethernet.
std::unique_ptr<CaptureReader> open_plain_pcap(std::string path, FileWindow window);

}  // namespace erbium::dp
