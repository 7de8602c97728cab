// Buffers for packets: a small class for ordinary frames and a large one for jumbo frames, both
// grown in chunks as packets in flight need them and never beyond a cap. Packed densely: DPDK's own
// pools give a 2 KiB buffer a 4 KiB page when there are no huge pages.
//
// A replay, where one thread takes and gives, keeps its free buffers on a stack of its own behind
// DPDK's mempool operations. That needs no EAL, which loads every driver of the machine when it
// starts: 0.09 s of processor time, a fifth of the replay of a million packets.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/core/packet.h"

namespace erbium::dp {

class PacketPool {
 public:
  static constexpr uint32_t kSmallFrame = 1656;   // 2 KiB with mbuf, metadata and Packet::kFront
  static constexpr uint32_t kDeviceFrame = 2048;  // what drivers expect, in either of the last two

  enum class Memory {
    replay,           // grows with the packets in flight
    virtual_devices,  // the same
    nics,             // of EAL, where devices can read and write it; all at once
  };

  // Grows up to `cap_bytes`. EAL must be running, but for a replay. Throws std::runtime_error when
  // the pool's bookkeeping cannot be set up, or the memory is to come from EAL and is not there.
  explicit PacketPool(size_t cap_bytes, Memory memory = Memory::replay);
  ~PacketPool();
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  // A packet of `length` bytes of undefined content with metadata zero; a null mbuf when `length`
  // exceeds net::kMaxFrame or the cap is reached.
  Packet allocate(uint32_t length);
  // Ends packets.
  void free(std::span<rte_mbuf* const> packets);

  // For drivers that receive ordinary frames into buffers of their own choice.
  rte_mempool* small() const { return small_.pool; }
  // Grows the small class to `packets` at once, for live ports: drivers cannot make it grow. Throws
  // std::runtime_error when that exceeds the cap.
  void reserve_small(uint32_t packets);
  // Grows the small class, within the cap, when fewer than `packets` of it are free.
  void keep_small(uint32_t packets) {
    if (available(small_) < packets) grow(small_, small_.chunk);
  }

  size_t bytes() const { return bytes_; }
  size_t cap() const { return cap_; }
  bool exhausted() const { return exhausted_; }
  uint64_t in_use() const;

 private:
  // A mempool as DPDK sees it, whose objects lie on a stack.
  struct Stack {
    rte_mempool pool{};
    rte_pktmbuf_pool_private data{};  // where DPDK looks for it, behind the pool
    std::vector<rte_mbuf*> free;
  };
  struct Class {
    rte_mempool* pool = nullptr;
    std::unique_ptr<Stack> stack;  // replay: what `pool` is part of
    uint32_t object_bytes = 0;     // with header and trailer
    uint32_t populated = 0;
    uint32_t limit = 0;
    uint32_t chunk = 0;                  // objects by which it grows
    rte_mempool_objhdr* last = nullptr;  // last object that was initialised
  };
  struct Chunk {
    void* memory;
    size_t bytes;
  };

  void create(Class& c, const char* name, uint32_t data_room, uint32_t limit, uint32_t chunk);
  bool grow(Class& c, uint32_t objects);
  void release();
  void populate_from_eal(Class& c);
  void create_mempool(Class& c, const char* name, rte_pktmbuf_pool_private data);
  void create_stack(Class& c, const char* name, const rte_pktmbuf_pool_private& data);
  void fill_stack(Class& c, char* memory, uint32_t objects);
  static rte_mbuf* take(Class& c);
  static uint32_t available(const Class& c);

  const size_t cap_;
  const Memory memory_;
  const uint32_t small_room_;  // bytes of a small buffer
  size_t bytes_ = 0;
  bool exhausted_ = false;
  Class small_, large_;
  std::vector<Chunk> chunks_;
};

}  // namespace erbium::dp
