// A packet: a DPDK mbuf of one segment with 64 bytes of erbium metadata in its private space. All
// changes of length go through this class, so that sanitizer builds can poison every byte of the
// buffer outside [data, data + length): AddressSanitizer alone knows nothing of mbufs.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "common/units.h"

#if defined(__SANITIZE_ADDRESS__)
#define ERBIUM_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ERBIUM_POISON 1
#endif
#endif
#ifndef ERBIUM_POISON
#define ERBIUM_POISON 0
#endif
#if ERBIUM_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace erbium::dp {

// What the frame carries above its tags; a burst remembers the union, so that a stage for one
// protocol costs nothing when the burst has none of it.
// `host`: of the router itself and not classified yet. `too_long` is said of bursts only: they have
// a packet that is to be fragmented.
enum class Protocol : uint8_t { none = 0, ipv4 = 1, ipv6 = 2, arp = 4, host = 8, too_long = 16 };

// Where in the path an arrival enters: from the wire, or deeper for what a node itself emits.
enum class Entry : uint8_t {
  wire = 0,       // first stage
  neighbor = 1,   // routed already, next hop chosen (released from hold)
  rewritten = 2,  // a complete frame for interface_out
  host = 3,       // an IP packet of the router itself: ICMP, or what control sends by a host port
  impaired = 4,   // from the wire, when the link has done to it what its `fate` says
};
constexpr size_t kEntries = 5;

// What happens to a packet on the link it travels, as bits.
enum Fate : uint8_t {
  kFateLost = 1,
  kFateCorrupted = 2,
  kFateCopy = 4,  // made by that link
};

// Packet metadata, by owner: time and id are set by the driver or the emitting node; the rest by
// the stages of the node's path.
struct PacketMeta {
  int64_t time;           // ns; arrival at this node, at the link when it leaves the node
  uint64_t id;            // see packet_id.h; the same packet keeps it on every hop
  int64_t departure;      // ns; last bit on the link it travels
  uint32_t missing;       // bytes of the frame that the capture did not keep (wire - captured)
  uint32_t trunk_in;      // trunk it arrived by
  uint32_t interface_in;  // index 0 is none, here and below: the router's own
  uint32_t interface_out;
  uint32_t vrf;
  uint32_t next_hop;
  uint32_t flow_hash;
  uint32_t link;  // direction it travels, for link-down
  uint16_t copy;  // copy index: 0 is the packet itself, or what is first of it
  Protocol protocol;
  Entry entry;
  uint8_t l2_length;  // bytes of Ethernet header and tags in front of the payload
  uint8_t l2_group;   // 1 when the frame came to a group MAC address
  uint8_t copied;     // bits of `copy` that are given away, to it and to copies of it
  uint8_t fate;       // Fate; set where `entry` is impaired
};
static_assert(sizeof(PacketMeta) == 64 && std::is_trivially_copyable_v<PacketMeta>);

class Packet {
 public:
  // Bytes in front of a packet that the pool gives. With them an IP header behind 14 bytes of
  // Ethernet stands 22 bytes into a cache line, so that headers with and without tags share that
  // line; what a device has received begins in the same line of its buffer. A multiple of eight,
  // which sanitizers need to guard the byte in front.
  static constexpr uint16_t kFront = 136;

  explicit Packet(rte_mbuf* m) : m_(m) {}

  rte_mbuf* mbuf() const { return m_; }
  PacketMeta& meta() const { return *static_cast<PacketMeta*>(rte_mbuf_to_priv(m_)); }
  Time time() const { return Time::from_ns(meta().time); }

  uint8_t* data() const { return rte_pktmbuf_mtod(m_, uint8_t*); }
  uint32_t length() const { return m_->data_len; }
  // Length on the wire: what the capture's snap length cut off counts (rates, limits, IP checks).
  uint32_t wire_length() const { return length() + meta().missing; }
  std::span<const uint8_t> bytes() const { return {data(), length()}; }

  // Overlays T at `offset`, or null when the packet's own bytes end before it does.
  template <typename T>
  T* header(uint32_t offset = 0) const {
    static_assert(alignof(T) == 1);
    return offset + sizeof(T) <= length() ? reinterpret_cast<T*>(data() + offset) : nullptr;
  }

  // Removes `n` bytes at the front; n <= length().
  void strip(uint32_t n) {
    m_->data_off = static_cast<uint16_t>(m_->data_off + n);
    set_length(length() - n);
  }
  // Adds `n` bytes at the front, content undefined; n <= headroom().
  uint8_t* prepend(uint32_t n) {
    m_->data_off = static_cast<uint16_t>(m_->data_off - n);
    set_length(length() + n);
    return data();
  }
  uint32_t headroom() const { return m_->data_off; }
  // Adds the last `n` of kRoom bytes at the front: copies them all, a size known to the compiler,
  // and leaves what is too much in the headroom. n <= kRoom <= headroom().
  template <size_t kRoom>
  uint8_t* prepend_end_of(const std::array<uint8_t, kRoom>& bytes, uint32_t n) {
    unpoison();
    std::memcpy(data() - kRoom, bytes.data(), kRoom);
    return prepend(n);
  }
  // Grows the tail with zeroes up to `length` bytes, which have to fit the buffer with kPad more.
  void pad(uint32_t length) {
    unpoison();
    uint8_t* at = data() + this->length();
    uint8_t* const end = data() + length;
    for (; at < end; at += kPad) std::memset(at, 0, kPad);
    set_length(length);
  }
  // Cuts or grows the tail to `length` bytes; what grows has undefined content.
  void set_length(uint32_t length) {
    m_->data_len = static_cast<uint16_t>(length);
    m_->pkt_len = length;
    poison_outside();
  }

  // Sanitizer builds only: forbids every byte of the buffer outside the packet.
  void poison_outside() const {
#if ERBIUM_POISON
    const uint8_t* buffer = static_cast<const uint8_t*>(m_->buf_addr);
    __asan_poison_memory_region(buffer, m_->buf_len);
    __asan_unpoison_memory_region(data(), length());
#endif
  }
  // Sanitizer builds only: allows the whole buffer again, before a device or the pool takes it.
  void unpoison() const {
#if ERBIUM_POISON
    __asan_unpoison_memory_region(m_->buf_addr, m_->buf_len);
#endif
  }
  void poison_all() const {
#if ERBIUM_POISON
    __asan_poison_memory_region(m_->buf_addr, m_->buf_len);
#endif
  }

  // Fetches all that a path touches: mbuf, metadata and headers, each a cache line.
  void prefetch() const {
    __builtin_prefetch(m_);
    __builtin_prefetch(m_ + 1);
    __builtin_prefetch(reinterpret_cast<const char*>(m_ + 1) + sizeof(PacketMeta) + kFront);
  }

  void free() const {
    poison_all();
    if (is_plain()) [[likely]]
      rte_mbuf_raw_free(m_);
    else
      rte_pktmbuf_free_seg(m_);
  }
  // Whether it can go back to the pool as it stands: nobody else has it, its buffer is its own.
  // One segment it always is. Says so without the mbuf's second cache line, which nothing on the
  // way of a packet touches.
  bool is_plain() const { return rte_mbuf_refcnt_read(m_) == 1 && RTE_MBUF_DIRECT(m_); }

 private:
  static constexpr uint32_t kPad = 32;  // bytes zeroed at a time

  rte_mbuf* m_;
};

}  // namespace erbium::dp
