// The bare libpcap read loop that replay is measured against: every packet is read and counted.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char reason[PCAP_ERRBUF_SIZE];
  if (argc != 2) {
    std::fputs("usage: pcap_loop FILE\n", stderr);
    return 2;
  }
  pcap_t* handle = pcap_open_offline(argv[1], reason);
  if (handle == nullptr) {
    std::fprintf(stderr, "pcap_loop: %s\n", reason);
    return 4;
  }
  uint64_t packets = 0, bytes = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(handle, &header, &data) == 1) {
    packets++;
    bytes += header->caplen;
  }
  pcap_close(handle);
  std::printf("%llu packets, %llu bytes\n", static_cast<unsigned long long>(packets),
              static_cast<unsigned long long>(bytes));
  return 0;
}
