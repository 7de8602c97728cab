// Free lists by block size inside the buffer itself; see fib_arena.h for what is kept how long.
#include "dataplane/tables/fib_arena.h"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "common/memory.h"
#include "dataplane/tables/fib.h"

namespace erbium::dp {
namespace {

constexpr size_t alignment(size_t bytes) { return bytes >= kHugePage ? kHugePage : kCacheLine; }

constexpr size_t rounded_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

}  // namespace

FibBuffer::FibBuffer(size_t bytes) : bytes_(rounded_up(bytes, alignment(bytes))) {
  words_ = static_cast<uint32_t*>(::operator new (bytes_, std::align_val_t{alignment(bytes_)}));
  if (bytes_ >= kHugePage) ::madvise(words_, bytes_, MADV_HUGEPAGE);  // a hint; failing is fine
}

FibBuffer::FibBuffer(FibBuffer&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

FibBuffer& FibBuffer::operator=(FibBuffer&& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

FibBuffer::~FibBuffer() {
  if (words_ != nullptr) ::operator delete (words_, std::align_val_t{alignment(bytes_)});
}

uint32_t FibArena::allocate(unsigned units) {
  live_ += units;
  if (const uint32_t index = pop(units); index != kNone) return index;
  if ((used_ + units) * 8 > buffer_.bytes()) {
    if (const uint32_t index = split_larger(units); index != kNone) return index;
    grow(units);
  }
  const auto index = static_cast<uint32_t>(used_);
  used_ += units;
  return index;
}

uint32_t FibArena::pop(unsigned units) {
  const uint32_t index = free_[units];
  if (index != kNone) free_[units] = at(index)[0];
  return index;
}

uint32_t FibArena::split_larger(unsigned units) {
  for (unsigned larger = units + 2; larger <= kMaxUnits; ++larger) {
    const uint32_t index = pop(larger);
    if (index == kNone) continue;
    at(index + units)[0] = std::exchange(free_[larger - units], index + units);
    return index;
  }
  return kNone;
}

void FibArena::free(uint32_t index, unsigned units) {
  live_ -= units;
  at(index)[0] = std::exchange(free_[units], index);
}

void FibArena::retire(uint32_t index, unsigned units) { retired_.push_back({index, units}); }

// Small buffers double, large ones grow by a quarter: the copy stays cheap and the slack small.
void FibArena::grow(size_t units) {
  const size_t have = buffer_.bytes() / 8;
  const size_t want = have + units + (have < (1u << 16) ? have : have / 4);
  if (want > FibView::Table::kIndex) throw std::length_error("a FIB exceeds 8 GiB");
  FibBuffer larger((want + 32) * 8);
  if (used_ > 0) std::memcpy(larger.words(), buffer_.words(), used_ * 8);
  std::swap(buffer_, larger);
  if (published_) outgrown_.push_back(std::move(larger));
  published_ = false;
}

void FibArena::restart() {
  if (published_) outgrown_.push_back(std::move(buffer_));
  published_ = false;
  buffer_ = FibBuffer();
  used_ = 0;
  live_ = 0;
  free_ = make_free();
  retired_.clear();
}

void FibArena::reclaim() {
  for (const Retired& block : retired_) free(block.index, block.units);
  std::vector<Retired>().swap(retired_);
  std::vector<FibBuffer>().swap(outgrown_);
}

size_t FibArena::memory_bytes() const {
  size_t bytes = buffer_.bytes() + retired_.capacity() * sizeof(Retired) +
                 outgrown_.capacity() * sizeof(FibBuffer);
  for (const FibBuffer& buffer : outgrown_) bytes += buffer.bytes();
  return bytes;
}

}  // namespace erbium::dp
