// Plain pcap files (draft-ietf-opsawg-pcap) without libpcap: records are handed out where they were
// read, so a packet costs a header check and its share of read(2). Takes version 2.4 with Ethernet,
// microseconds or nanoseconds, either byte order; the rest is left to libpcap.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {

constexpr size_t kPcapHeaderSize = 24;

// True if a file that begins with `head` is one this reader takes.
bool is_plain_pcap(std::span<const uint8_t> head);

// `fd` stands at the start of such a file and is owned by the reader. `size` as in size().
std::unique_ptr<CaptureReader> open_plain_pcap(std::string path, int fd, uint64_t size);

}  // namespace erbium::dp
