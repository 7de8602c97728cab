#!/bin/bash
# Makes edge.pcap: what ping, traceroute and tracepath send into a circuit, from one branch host.
# Usage (as root): edge.sh OUTPUT_DIRECTORY
# Nobody answers here, so the programs ask for every hop that they are told to: the answers are the
# emulated routers' to give. The addresses are those of configs/traceroute.yaml.
here="$(cd "$(dirname "$0")" && pwd)"
source "$here/topology.sh"
out="$(cd "$1" && pwd)"

build_topology
within router sysctl -q -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
within host10 ip -6 route replace default via fd00:1::1    # forwarding or not, it is the way out
capture lan "$out/edge.pcap" 'ip or (ip6 and not icmp6[icmp6type] == 135
  and not icmp6[icmp6type] == 136 and not icmp6[icmp6type] == 133 and not icmp6[icmp6type] == 143)'
sleep 1

# Without answers all of them end with an error.
asks() { within host10 "$@" >/dev/null 2>&1 || true; }
asks ping -n -c 2 -i 0.1 -W 0.2 172.16.0.2                  # the MSEEs
asks ping -n -c 2 -i 0.1 -W 0.2 172.16.0.6
asks ping -n -c 2 -i 0.1 -W 0.2 -s 1200 10.0.255.4          # the gateway
asks ping -n -c 2 -i 0.1 -W 0.2 fd00:16::2
asks ping -n -c 1 -W 0.2 203.0.113.9                        # nobody's
asks traceroute -n -q 1 -w 0.2 -m 4 10.0.1.4                # UDP, ICMP, TCP
asks traceroute -n -q 1 -w 0.2 -m 4 -I 10.0.1.4
asks traceroute -n -q 1 -w 0.2 -m 4 -T -p 443 10.0.1.4
asks traceroute -n -q 1 -w 0.2 -m 4 -6 fd10:0:0:1::4
asks traceroute -n -q 1 -w 0.2 -m 4 172.16.0.2              # the last hop is a router
asks tracepath -n -m 4 10.0.1.4                             # 1500 bytes with DF, hop by hop
asks ping -n -c 2 -i 0.1 -W 0.2 -M do -s 1472 10.0.1.4      # 1500 bytes, DF
asks ping -n -c 2 -i 0.1 -W 0.2 -M dont -s 1472 10.0.1.4    # 1500 bytes, no DF
asks ping -n -c 2 -i 0.1 -W 0.2 -M do -s 1372 10.0.1.4      # 1400 bytes, DF
asks ping -n -c 2 -i 0.1 -W 0.2 -M do -s 1452 fd10:0:0:1::4 # 1500
stop_captures
reordercap "$out/edge.pcap" "$out/edge.sorted"
mv "$out/edge.sorted" "$out/edge.pcap"
