// Memory of one trie: blocks of 8-byte units in one growing buffer, addressed by index so that an
// entry takes 32 bits. Blocks that readers may still see are retired, not freed, and a buffer that
// was outgrown after it was published is kept beside the new one; both until reclaim().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace erbium::dp {

// Uninitialised memory, in huge pages where it is large enough for them.
class FibBuffer {
 public:
  FibBuffer() = default;
  explicit FibBuffer(size_t bytes);
  FibBuffer(FibBuffer&& other) noexcept;
  FibBuffer& operator=(FibBuffer&& other) noexcept;
  ~FibBuffer();

  uint32_t* words() const { return words_; }
  size_t bytes() const { return bytes_; }

 private:
  uint32_t* words_ = nullptr;
  size_t bytes_ = 0;
};

class FibArena {
 public:
  static constexpr unsigned kMaxUnits = 33;  // a node of 64 different entries

  // A block of 2..kMaxUnits units; its index. May move the buffer: addresses of words end here.
  uint32_t allocate(unsigned units);
  // Gives back a block no reader has ever seen, now.
  void free(uint32_t index, unsigned units);
  // Gives back a published block at the next reclaim().
  void retire(uint32_t index, unsigned units);
  // Starts over with an empty buffer; the old one goes at the next reclaim() if it was published.
  void restart();
  // Everything allocated so far may from now on be seen by readers.
  void publish() { published_ = used_ > 0; }
  void reclaim();
  // True when most of what was ever used lies free: time to build anew.
  bool sparse() const { return used_ > kSparse && live_ < used_ / 4; }

  uint32_t* words() const { return buffer_.words(); }
  uint32_t* at(uint32_t index) const { return buffer_.words() + size_t{2} * index; }
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kSparse = 8192;  // units below which it does not matter
  struct Retired {
    uint32_t index;
    uint32_t units;
  };

  uint32_t pop(unsigned units);
  uint32_t split_larger(unsigned units);
  void grow(size_t units);

  FibBuffer buffer_;
  size_t used_ = 0;         // units, free blocks included
  size_t live_ = 0;         // units, without them
  bool published_ = false;  // readers may hold the address of buffer_
  std::array<uint32_t, kMaxUnits + 1> free_ = make_free();  // first free block of each size
  std::vector<Retired> retired_;
  std::vector<FibBuffer> outgrown_;

  static constexpr std::array<uint32_t, kMaxUnits + 1> make_free() {
    std::array<uint32_t, kMaxUnits + 1> lists{};
    lists.fill(kNone);
    return lists;
  }
};

}  // namespace erbium::dp
