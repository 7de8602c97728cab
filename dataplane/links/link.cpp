#include "dataplane/links/link.h"

#include <utility>

#include "common/mix.h"

namespace erbium::dp {

Link::Admission Link::admit_special(Packet p) {
  const Time now = p.time();
  BandwidthTrace* trace = impairment_ ? impairment_->trace() : nullptr;
  const Time begin = std::max(now, server_.busy_until());
  const Duration wait = (trace ? trace->start(begin) : begin) - now;
  Time departure;
  if (trace) {
    if (wait > config_.queue) return drop(Drop::queue_full);
    departure =
        trace->serve(begin, p.wire_length() - p.meta().l2_length + BandwidthTrace::kFraming);
    server_.clear(departure);  // who takes over finds it as free as the trace
  } else {
    if (server_.would_wait_longer(now, config_.queue)) return drop(Drop::queue_full);
    departure = server_.serve(now, uint64_t{p.wire_length() + net::kL1Overhead} * 8);
  }
  depart(p, departure);
  PacketMeta& meta = p.meta();
  if (!impairment_) {
    last_arrival_ = std::max(last_arrival_, departure + config_.delay);
    meta.time = last_arrival_.ns();
    meter_.record(wait, p.time() - now);
    return kAdmitted;
  }
  if (impairment_->next_is_lost()) {
    meta.entry = Entry::impaired;
    meta.fate = kFateLost;
    meta.time = (departure + least_delay()).ns();
    return kAdmitted;
  }
  travel(p, false);
  if (config_.measured) meter_.record(wait, p.time() - now);
  return meta.copied < kMostCopied && impairment_->duplicates() ? kCopied : kAdmitted;
}

// From its departure to the far end.
void Link::travel(Packet p, bool copy) {
  PacketMeta& meta = p.meta();
  meta.fate = copy ? kFateCopy : 0;
  if (impairment_->corrupts(copy)) meta.fate |= kFateCorrupted;
  if (meta.fate != 0) meta.entry = Entry::impaired;
  Time arrival = Time::from_ns(meta.departure) + impairment_->delay(config_.delay, copy);
  if (impairment_->reorders(copy))
    arrival = arrival + impairment_->config().hold;
  else if (impairment_->config().jitter.keep_order)
    arrival = last_arrival_ = std::max(last_arrival_, arrival);
  meta.time = arrival.ns();
}

void Link::copy(Packet original, Packet copy) {
  PacketMeta& meta = copy.meta();
  meta = original.meta();
  meta.copy = static_cast<uint16_t>(meta.copy | 1u << meta.copied);
  meta.copied = ++original.meta().copied;
  travel(copy, true);
  counters_.copied++;
  counters_.in_flight++;
}

bool Link::arrive(Packet p) {
  PacketMeta& meta = p.meta();
  meta.entry = Entry::wire;
  if (meta.fate & kFateLost) {
    counters_.in_flight--;
    drop(Drop::impair_loss);
    return false;
  }
  if (meta.fate & kFateCorrupted) {
    counters_.corrupted++;
    const uint64_t bit = flipped_bit(p);
    if (bit / 8 < p.length()) p.data()[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
  }
  return true;
}

// Follows from link and packet alone: the impairment may be gone when the packet arrives.
uint64_t Link::flipped_bit(Packet p) const {
  const PacketMeta& meta = p.meta();
  const uint64_t bits = uint64_t{p.wire_length()} * 8;
  const uint64_t place =
      erbium::mix(seed_ ^ meta.id, static_cast<uint64_t>(meta.departure) ^ meta.copy);
  return (place >> 32) * bits >> 32;
}

void Link::impair(const std::optional<ImpairmentConfig>& config) {
  if (impairment_ && config && impairment_->config() == *config) return;
  if (impairment_) places_ = impairment_->places();
  if (config) seed_ = config->seed;
  impairment_ = config ? std::make_unique<Impairment>(*config, places_) : nullptr;
  special_ = config_.measured || impairment_;
}

}  // namespace erbium::dp
