// Capture files in and out on the IMIX capture: our reader on pcap and on pcapng and our writer,
// beside a bare libpcap loop and editcap. One round runs every contender once, in turn, so that a
// slow minute of the machine hits all; each row is one contender over all rounds, in nanoseconds of
// processor time a packet (median and best), and ratio rows set two of them against each other.
// Every reader copies each packet into a ring, as replay copies it into a buffer of its pool. Rows
// of the two input files do not compare with each other: how a file came to lie in the page cache
// makes up to a factor of two, whoever reads it.
//
// IMIX_PACKETS (default 1,000,000) and CAPTURE_ROUNDS (default 7) change the amount of work.
#include <benchmark/benchmark.h>
#include <pcap/pcap.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/imix.h"
#include "common/pcapng/writer.h"
#include "dataplane/driver/capture_reader.h"

namespace {

using erbium::dp::CaptureReader;
using erbium::dp::CaptureRecord;

struct Files {
  std::string directory;
  std::string pcap = directory + "/imix.pcap";
  std::string pcapng = directory + "/imix.pcapng";
  std::string written = directory + "/written.pcapng";
};

// 512 packets of room, so that the copies go to cache as those of a running pipeline do.
class Ring {
 public:
  void copy(const void* data, uint32_t size) {
    auto& slot = slots_[packets_++ % slots_.size()];
    std::memcpy(slot.data(), data, std::min<size_t>(size, slot.size()));
    benchmark::DoNotOptimize(slot);
  }
  uint64_t packets() const { return packets_; }

 private:
  std::vector<std::array<uint8_t, 2048>> slots_ = std::vector<std::array<uint8_t, 2048>>(512);
  uint64_t packets_ = 0;
};

// Processor time of this process and of the children it has waited for.
double cpu_seconds() {
  double sum = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    for (const timeval& t : {usage.ru_utime, usage.ru_stime})
      sum += static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  }
  return sum;
}

uint64_t libpcap_loop(const std::string& path) {
  char reason[PCAP_ERRBUF_SIZE];
  pcap_t* handle =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason);
  if (handle == nullptr) throw std::runtime_error(reason);
  Ring ring;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(handle, &header, &data) == 1) ring.copy(data, header->caplen);
  pcap_close(handle);
  return ring.packets();
}

uint64_t own_reader(const std::string& path) {
  const auto reader = CaptureReader::open(path);
  Ring ring;
  CaptureRecord record;
  while (reader->next(record)) ring.copy(record.data, record.captured);
  return ring.packets();
}

// Reads the pcap and writes the pcapng, as `editcap in.pcap out.pcapng` does.
uint64_t convert(const std::string& from, const std::string& to) {
  const auto reader = CaptureReader::open(from);
  erbium::pcapng::Writer writer(to);
  writer.add_interface({.name = "imix", .speed_bps = 10'000'000'000});
  CaptureRecord record;
  uint64_t id = 0;
  while (reader->next(record))
    writer.packet({.timestamp_ns = static_cast<uint64_t>(record.timestamp_ns),
                   .original_length = record.wire_length,
                   .direction = erbium::pcapng::Direction::kInbound,
                   .packet_id = ++id},
                  std::as_bytes(std::span(record.data, record.captured)));
  writer.finish();
  return id;
}

uint64_t editcap(const std::string& from, const std::string& to, uint64_t packets) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(126);
    ::execlp("editcap", "editcap", from.c_str(), to.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("editcap (package wireshark-common) did not run");
  return packets;
}

enum Contender { kLibpcapPcap, kOwnPcap, kLibpcapPcapng, kOwnPcapng, kConvert, kEditcap, kCount };
constexpr std::array<const char*, kCount> kNames{
    "read_pcap/libpcap_loop", "read_pcap/own",      "read_pcapng/libpcap_loop",
    "read_pcapng/own",        "pcap_to_pcapng/own", "pcap_to_pcapng/editcap"};

class Rounds {
 public:
  Rounds(const Files& files, uint64_t packets, int rounds) : files_(files), packets_(packets) {
    convert(files.pcap, files.pcapng);
    for (int round = -1; round < rounds; ++round)  // the first warms caches and is not counted
      for (int i = 0; i < kCount; ++i) {
        std::filesystem::remove(files.written);
        const double before = cpu_seconds();
        if (run(static_cast<Contender>(i)) != packets) throw std::runtime_error("packets lost");
        const double ns = (cpu_seconds() - before) * 1e9 / static_cast<double>(packets);
        if (round >= 0) times_[static_cast<size_t>(i)].push_back(ns);
        if (i == kConvert) written_[0] = std::filesystem::file_size(files.written);
        if (i == kEditcap) written_[1] = std::filesystem::file_size(files.written);
      }
  }

  double median(size_t i) const {
    auto sorted = times_[i];
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double best(size_t i) const { return *std::min_element(times_[i].begin(), times_[i].end()); }
  // Median over the rounds of a's time against b's in the same round.
  double ratio(size_t a, size_t b) const {
    std::vector<double> ratios;
    for (size_t r = 0; r < times_[a].size(); ++r) ratios.push_back(times_[a][r] / times_[b][r]);
    std::sort(ratios.begin(), ratios.end());
    return ratios[ratios.size() / 2];
  }
  // Output bytes of editcap against ours: turns a ratio a packet into one a byte.
  double bytes_factor() const {
    return static_cast<double>(written_[1]) / static_cast<double>(written_[0]);
  }

 private:
  uint64_t run(Contender contender) const {
    switch (contender) {
      case kLibpcapPcap:
        return libpcap_loop(files_.pcap);
      case kOwnPcap:
        return own_reader(files_.pcap);
      case kLibpcapPcapng:
        return libpcap_loop(files_.pcapng);
      case kOwnPcapng:
        return own_reader(files_.pcapng);
      case kConvert:
        return convert(files_.pcap, files_.written);
      default:
        return editcap(files_.pcap, files_.written, packets_);
    }
  }

  Files files_;
  uint64_t packets_;
  std::array<std::vector<double>, kCount> times_;
  std::array<uint64_t, 2> written_{};
};

void row(const std::string& name, std::vector<std::pair<std::string, double>> values) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [values](benchmark::State& state) {
                                 for (auto _ : state)
                                   state.SetIterationTime(values[0].second * 1e-9);
                                 for (const auto& [key, value] : values)
                                   state.counters[key] = value;
                               })
      ->UseManualTime()
      ->Iterations(1);
}

void register_rows(const Rounds& rounds) {
  for (size_t i = 0; i < kCount; ++i)
    row(kNames[i], {{"ns_per_packet", rounds.median(i)},
                    {"best_ns", rounds.best(i)},
                    {"Mpps", 1e3 / rounds.median(i)}});
  const auto ratio = [&](const char* name, size_t a, size_t b, double factor) {
    row(name, {{"ratio", rounds.ratio(a, b) * factor},
               {"best_ratio", rounds.best(a) / rounds.best(b) * factor}});
  };
  ratio("ratio/read_pcap_own_to_libpcap", kOwnPcap, kLibpcapPcap, 1);
  ratio("ratio/read_pcapng_own_to_libpcap", kOwnPcapng, kLibpcapPcapng, 1);
  ratio("ratio/convert_own_to_editcap_per_byte", kConvert, kEditcap, rounds.bytes_factor());
}

uint64_t setting(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
}

// The writer alone into /dev/null: composing the block and the copy, without the kernel's share.
void write_only(benchmark::State& state) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "capture_bench_null_").string() +
      std::to_string(::getpid());
  std::filesystem::create_symlink("/dev/null", path + ".partial");
  erbium::pcapng::Writer writer(path);
  writer.add_interface({.name = "null"});
  erbium::bench::ImixSource source({});
  std::vector<std::vector<uint8_t>> frames;
  erbium::bench::ImixPacket packet;
  while (frames.size() < 768 && source.next(packet))
    frames.emplace_back(packet.bytes.begin(), packet.bytes.end());
  uint64_t n = 0;
  for (auto _ : state) {
    const auto& frame = frames[n++ % frames.size()];
    writer.packet(
        {.timestamp_ns = n, .original_length = static_cast<uint32_t>(frame.size()), .packet_id = n},
        std::as_bytes(std::span(frame)));
  }
  state.SetBytesProcessed(static_cast<int64_t>(writer.bytes_written()));
  std::filesystem::remove(path + ".partial");
}
BENCHMARK(write_only);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const auto directory =
      std::filesystem::temp_directory_path() / ("capture_bench_" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  int code = 0;
  try {
    const Files files{directory.string()};
    const uint64_t packets = setting("IMIX_PACKETS", 1'000'000);
    erbium::bench::write_imix(files.pcap, {.packets = packets});
    register_rows(Rounds(files, packets, static_cast<int>(setting("CAPTURE_ROUNDS", 7))));
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "capture_bench: %s\n", error.what());
    code = 5;
  }
  std::filesystem::remove_all(directory);
  return code;
}
