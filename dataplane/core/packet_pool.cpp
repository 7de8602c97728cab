#include "dataplane/core/packet_pool.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "common/check.h"
#include "common/memory.h"
#include "common/net/headers.h"

namespace erbium::dp {
namespace {

// Objects by which a class grows; those of a replay's small class fill a huge page.
constexpr uint32_t kSmallChunk = 992, kLargeChunk = 64;
constexpr uint32_t kCache = 256;
constexpr size_t kPage = 4096;

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Whole huge pages lie on huge pages, if the kernel has some: packets in flight by the thousand
// need more translations than the processor keeps. nullptr when there is no memory.
void* map(size_t bytes) {
  const size_t spare = bytes % kHugePage == 0 ? kHugePage : 0;
  void* memory =
      mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (spare == 0) return memory;
  auto* from = static_cast<char*>(memory);
  char* const at = from + (kHugePage - reinterpret_cast<uintptr_t>(from) % kHugePage) % kHugePage;
  if (at > from) munmap(from, static_cast<size_t>(at - from));
  if (at < from + spare) munmap(at + bytes, static_cast<size_t>(from + spare - at));
  madvise(at, bytes, MADV_HUGEPAGE);  // a hint; failing is fine
  return at;
}

// The operations of a mempool on a stack; pool_data is its vector. What is freed one by one comes
// back this way.
using Buffers = std::vector<rte_mbuf*>;
int give(rte_mempool* pool, void* const* objects, unsigned count) {
  auto* const* from = reinterpret_cast<rte_mbuf* const*>(objects);
  auto& free = *static_cast<Buffers*>(pool->pool_data);
  free.insert(free.end(), from, from + count);
  return 0;
}
int take_some(rte_mempool* pool, void** objects, unsigned count) {
  auto& free = *static_cast<Buffers*>(pool->pool_data);
  if (free.size() < count) return -ENOBUFS;
  for (; count > 0; count--, free.pop_back()) *objects++ = free.back();
  return 0;
}
unsigned count_free(const rte_mempool* pool) {
  return static_cast<unsigned>(static_cast<const Buffers*>(pool->pool_data)->size());
}
constexpr rte_mempool_ops kStackOps{.name = "erbium_stack",
                                    .alloc = [](rte_mempool*) { return 0; },
                                    .enqueue = give,
                                    .dequeue = take_some,
                                    .get_count = count_free};
RTE_MEMPOOL_REGISTER_OPS(kStackOps)

uint32_t element_bytes(const rte_pktmbuf_pool_private& data) {
  return static_cast<uint32_t>(sizeof(rte_mbuf)) + data.mbuf_priv_size + data.mbuf_data_room_size;
}

}  // namespace

PacketPool::PacketPool(size_t cap_bytes, Memory memory)
    : cap_(cap_bytes),
      memory_(memory),
      small_room_(memory == Memory::replay ? kSmallFrame + Packet::kFront
                                           : kDeviceFrame + RTE_PKTMBUF_HEADROOM) {
  // What grows may reach the cap in either class; what does not gives the large class an eighth.
  const bool fixed = memory == Memory::nics;
  const size_t small_bytes = fixed ? cap_bytes - cap_bytes / 8 : cap_bytes;
  const size_t large_bytes = fixed ? cap_bytes / 8 : cap_bytes;
  const size_t small_object = fixed ? 2560 : 2048;
  try {
    create(small_, "erbium_small", small_room_,
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
  c.chunk = chunk;
  rte_pktmbuf_pool_private priv{};
  priv.mbuf_data_room_size = static_cast<uint16_t>(data_room);
  priv.mbuf_priv_size = sizeof(PacketMeta);
  if (memory_ == Memory::replay) {
    create_stack(c, name, priv);
  } else {
    create_mempool(c, name, priv);
    if (memory_ == Memory::nics) return populate_from_eal(c);
  }
  if (!grow(c, chunk))
    throw std::runtime_error("packets need more than --memory allows (" +
                             std::to_string(cap_ >> 20) + " MiB), run with --memory 64MiB");
}

// No trailer and an odd number of cache lines: buffers then use all sets of the caches.
void PacketPool::create_stack(Class& c, const char* name, const rte_pktmbuf_pool_private& data) {
  c.stack = std::make_unique<Stack>();
  c.stack->data = data;
  c.pool = &c.stack->pool;
  std::strncpy(c.pool->name, name, sizeof c.pool->name - 1);
  c.pool->pool_data = &c.stack->free;
  c.pool->size = c.limit;
  c.pool->elt_size = element_bytes(data);
  c.pool->header_size = kCacheLine;
  c.pool->private_data_size = sizeof data;
  static_assert(kCacheLine >= sizeof(rte_mempool_objhdr));
  if (rte_mempool_set_ops_byname(c.pool, kStackOps.name, nullptr) != 0)
    throw std::runtime_error("packet pool: no mempool operations");
  ERBIUM_CHECK(rte_mempool_get_priv(c.pool) == &c.stack->data);
  c.object_bytes = static_cast<uint32_t>(
      (round_up(kCacheLine + c.pool->elt_size, kCacheLine) / kCacheLine | 1) * kCacheLine);
}

void PacketPool::fill_stack(Class& c, char* memory, uint32_t objects) {
  auto& free = c.stack->free;
  free.reserve(c.populated + objects);
  // Those at the front are taken first.
  for (uint32_t i = objects; i-- > 0;) {
    auto* m = reinterpret_cast<rte_mbuf*>(memory + size_t{i} * c.object_bytes + kCacheLine);
    rte_pktmbuf_init(c.pool, nullptr, m, c.populated + i);
    Packet(m).poison_all();
    free.push_back(m);
  }
  c.populated += objects;
}

void PacketPool::create_mempool(Class& c, const char* name, rte_pktmbuf_pool_private priv) {
  // One thread allocates and frees. NO_IOVA_CONTIG lets objects cross pages, where no device reads
  // these buffers by physical address.
  unsigned flags = RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET;
  if (memory_ != Memory::nics) flags |= RTE_MEMPOOL_F_NO_IOVA_CONTIG;
  c.pool = rte_mempool_create_empty(name, c.limit, element_bytes(priv), kCache,
                                    sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, flags);
  if (c.pool == nullptr)
    throw std::runtime_error(std::string("packet pool: ") + rte_strerror(rte_errno));
  rte_pktmbuf_pool_init(c.pool, &priv);
  c.object_bytes = c.pool->header_size + c.pool->elt_size + c.pool->trailer_size;
}

PacketPool::~PacketPool() { release(); }

void PacketPool::release() {
#if ERBIUM_POISON
  // DPDK clears what it takes back.
  const auto unpoison = [](rte_mempool*, void*, rte_mempool_memhdr* memory, unsigned) {
    __asan_unpoison_memory_region(memory->addr, memory->len);
  };
  for (const Class* c : {&small_, &large_})
    if (c->pool && !c->stack) rte_mempool_mem_iter(c->pool, unpoison, nullptr);
  for (const Chunk& chunk : chunks_) __asan_unpoison_memory_region(chunk.memory, chunk.bytes);
#endif
  for (const Class* c : {&small_, &large_})
    if (!c->stack) rte_mempool_free(c->pool);
  for (const Chunk& chunk : chunks_) munmap(chunk.memory, chunk.bytes);
}

bool PacketPool::grow(Class& c, uint32_t objects) {
  objects = std::min(objects, c.limit - c.populated);
  const size_t least = size_t{objects} * c.object_bytes;
  const bool huge = c.stack && round_up(least, kHugePage) - least < kPage;
  const size_t bytes = round_up(least, huge ? kHugePage : kPage);
  if (objects == 0 || bytes_ + bytes > cap_) {
    exhausted_ = true;
    return false;
  }
  void* memory = map(bytes);
  if (memory == nullptr) {
    exhausted_ = true;
    return false;
  }
  chunks_.push_back({memory, bytes});
  bytes_ += bytes;
  if (c.stack) {
    fill_stack(c, static_cast<char*>(memory), objects);
    return true;
  }
  const int added = rte_mempool_populate_iova(c.pool, static_cast<char*>(memory), RTE_BAD_IOVA,
                                              bytes, nullptr, nullptr);
  if (added <= 0) throw std::runtime_error("packet pool: populate failed");
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

// As rte_pktmbuf_alloc(), but for what lies in the mbuf's second cache line: offloads that nobody
// asks for, and a next segment that a free mbuf never has.
Packet PacketPool::allocate(uint32_t length) {
  if (length > net::kMaxFrame) return Packet(nullptr);
  Class& c = length + Packet::kFront <= small_room_ ? small_ : large_;
  rte_mbuf* m = take(c);
  if (m == nullptr) [[unlikely]] {
    if (!grow(c, c.chunk)) return Packet(nullptr);
    m = take(c);
    if (m == nullptr) return Packet(nullptr);
  }
  m->ol_flags = 0;
  m->packet_type = 0;
  m->port = RTE_MBUF_PORT_INVALID;
  m->data_off = Packet::kFront;
  Packet p(m);
  std::memset(&p.meta(), 0, sizeof(PacketMeta));
  p.set_length(length);
  return p;
}

rte_mbuf* PacketPool::take(Class& c) {
  if (!c.stack) return rte_mbuf_raw_alloc(c.pool);
  if (c.stack->free.empty()) return nullptr;
  rte_mbuf* m = c.stack->free.back();
  c.stack->free.pop_back();
  return m;
}

void PacketPool::free(std::span<rte_mbuf* const> packets) {
  for (rte_mbuf* m : packets) {
    const Packet p(m);
    if (m->pool == small_.pool && small_.stack && p.is_plain()) [[likely]] {
      p.poison_all();
      small_.stack->free.push_back(m);
    } else {
      p.free();
    }
  }
}

uint32_t PacketPool::available(const Class& c) {
  return c.stack ? static_cast<uint32_t>(c.stack->free.size()) : rte_mempool_avail_count(c.pool);
}

uint64_t PacketPool::in_use() const {
  return small_.populated - available(small_) + large_.populated - available(large_);
}

}  // namespace erbium::dp
