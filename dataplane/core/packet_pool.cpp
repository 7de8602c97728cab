#include "dataplane/core/packet_pool.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "common/net/headers.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kSmallChunk = 1024, kLargeChunk = 64;  // objects by which a class grows
constexpr uint32_t kCache = 256;

}  // namespace

PacketPool::PacketPool(size_t cap_bytes, Memory memory)
    : cap_(cap_bytes),
      memory_(memory),
      small_frame_(memory == Memory::replay ? kSmallFrame : kDeviceFrame) {
  // What grows may reach the cap in either class; what does not gives the large class an eighth.
  const bool fixed = memory == Memory::nics;
  const size_t small_bytes = fixed ? cap_bytes - cap_bytes / 8 : cap_bytes;
  const size_t large_bytes = fixed ? cap_bytes / 8 : cap_bytes;
  const size_t small_object = fixed ? 2560 : 2048;
  try {
    create(small_, "erbium_small", small_frame_ + RTE_PKTMBUF_HEADROOM,
           static_cast<uint32_t>(std::min<size_t>(small_bytes / small_object, 16u << 20)),
           kSmallChunk);
    create(large_, "erbium_large", net::kMaxFrame + 64 + RTE_PKTMBUF_HEADROOM,
           static_cast<uint32_t>(std::min<size_t>(large_bytes / 9600, 1u << 20)), kLargeChunk);
  } catch (...) {
    release();
    throw;
  }
}

void PacketPool::create(Class& c, const char* name, uint32_t data_room, uint32_t limit,
                        uint32_t chunk) {
  c.limit = std::max(limit, chunk);
  const uint32_t element = static_cast<uint32_t>(sizeof(rte_mbuf) + sizeof(PacketMeta)) + data_room;
  // One thread allocates and frees. NO_IOVA_CONTIG lets objects cross pages, where no device reads
  // these buffers by physical address.
  unsigned flags = RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET;
  if (memory_ != Memory::nics) flags |= RTE_MEMPOOL_F_NO_IOVA_CONTIG;
  c.pool = rte_mempool_create_empty(name, c.limit, element, kCache,
                                    sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, flags);
  if (c.pool == nullptr)
    throw std::runtime_error(std::string("packet pool: ") + rte_strerror(rte_errno));
  rte_pktmbuf_pool_private priv{};
  priv.mbuf_data_room_size = static_cast<uint16_t>(data_room);
  priv.mbuf_priv_size = sizeof(PacketMeta);
  rte_pktmbuf_pool_init(c.pool, &priv);
  c.object_bytes = c.pool->header_size + c.pool->elt_size + c.pool->trailer_size;
  c.chunk = chunk;
  if (memory_ == Memory::nics) return populate_from_eal(c);
  if (!grow(c, chunk))
    throw std::runtime_error("packets need more than --memory allows (" +
                             std::to_string(cap_ >> 20) + " MiB), run with --memory 64MiB");
}

PacketPool::~PacketPool() { release(); }

void PacketPool::release() {
#if ERBIUM_POISON
  // DPDK clears what it takes back.
  const auto unpoison = [](rte_mempool*, void*, rte_mempool_memhdr* memory, unsigned) {
    __asan_unpoison_memory_region(memory->addr, memory->len);
  };
  for (const Class* c : {&small_, &large_})
    if (c->pool) rte_mempool_mem_iter(c->pool, unpoison, nullptr);
#endif
  rte_mempool_free(small_.pool);
  rte_mempool_free(large_.pool);
  for (const Chunk& chunk : chunks_) munmap(chunk.memory, chunk.bytes);
}

bool PacketPool::grow(Class& c, uint32_t objects) {
  objects = std::min(objects, c.limit - c.populated);
  const size_t bytes = (size_t{objects} * c.object_bytes + 4095) & ~size_t{4095};
  if (objects == 0 || bytes_ + bytes > cap_) {
    exhausted_ = true;
    return false;
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    exhausted_ = true;
    return false;
  }
  chunks_.push_back({memory, bytes});
  const int added = rte_mempool_populate_iova(c.pool, static_cast<char*>(memory), RTE_BAD_IOVA,
                                              bytes, nullptr, nullptr);
  if (added <= 0) throw std::runtime_error("packet pool: populate failed");
  bytes_ += bytes;
  // Objects are linked in order of population: only the new ones need to be initialised.
  auto* header = c.last ? STAILQ_NEXT(c.last, next) : STAILQ_FIRST(&c.pool->elt_list);
  for (; header != nullptr; header = STAILQ_NEXT(header, next)) {
    void* object = reinterpret_cast<char*>(header) + sizeof(rte_mempool_objhdr);
    rte_pktmbuf_init(c.pool, nullptr, object, c.populated++);
    Packet(static_cast<rte_mbuf*>(object)).poison_all();
    c.last = header;
  }
  return true;
}

void PacketPool::populate_from_eal(Class& c) {
  if (rte_mempool_populate_default(c.pool) < 0)
    throw std::runtime_error("packet pool: EAL has no " +
                             std::to_string(size_t{c.limit} * c.object_bytes >> 20) +
                             " MiB; provide more huge pages or run with less --memory");
  rte_mempool_obj_iter(c.pool, rte_pktmbuf_init, nullptr);
  c.populated = c.limit;
  bytes_ += size_t{c.limit} * c.object_bytes;
}

void PacketPool::reserve_small(uint32_t packets) {
  if (packets > small_.populated && !grow(small_, packets - small_.populated))
    throw std::runtime_error("packet pool: no memory for " + std::to_string(packets) + " packets");
}

Packet PacketPool::allocate(uint32_t length) {
  if (length > net::kMaxFrame) return Packet(nullptr);
  Class& c = length <= small_frame_ ? small_ : large_;
  rte_mbuf* m = rte_pktmbuf_alloc(c.pool);
  if (m == nullptr) [[unlikely]] {
    if (!grow(c, c.chunk)) return Packet(nullptr);
    m = rte_pktmbuf_alloc(c.pool);
    if (m == nullptr) return Packet(nullptr);
  }
  Packet p(m);
  std::memset(&p.meta(), 0, sizeof(PacketMeta));
  p.set_length(length);
  return p;
}

uint64_t PacketPool::in_use() const {
  return small_.populated - rte_mempool_avail_count(small_.pool) + large_.populated -
         rte_mempool_avail_count(large_.pool);
}

}  // namespace erbium::dp
