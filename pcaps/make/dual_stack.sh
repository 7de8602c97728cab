#!/bin/bash
# Makes branch-dual-stack.pcap and hub-dual-stack.pcap: the same hosts over IPv4 and IPv6 at
# the same time. Unfiltered: ARP, neighbour and router discovery are in it as they came.
# Usage (as root): dual_stack.sh OUTPUT_DIRECTORY
here="$(cd "$(dirname "$0")" && pwd)"
source "$here/topology.sh"
out="$(cd "$1" && pwd)"
site="$(mktemp -d)"
trap 'remove_topology; rm -rf "$site"' EXIT

build_topology
head -c 20000 /dev/urandom | base64 -w 76 >"$site/page.txt"
serve vm python3 -m http.server --bind :: --directory "$site" 80
serve vm python3 "$here/dns.py" serve fd10:0:0:1::4 fd10:0:0:1::4
serve vm iperf3 -s
sleep 1
capture lan "$out/branch-dual-stack.pcap" ""
capture cloud "$out/hub-dual-stack.pcap" ""
sleep 1

within host10 ping -q -n -c 20 -i 0.02 10.0.1.4 & four=$!
within host10 ping -q -n -c 20 -i 0.02 fd10:0:0:1::4 & six=$!
wait "$four" "$six"
within host20 ping -q -n -c 5 -i 0.02 -M do -s 1452 fd10:0:0:1::4   # exactly 1500 bytes of IPv6
within host20 ping -q -n -c 2 -i 0.02 -s 3000 fd10:0:0:1::4         # fragment headers
within vm ping -q -n -c 5 -i 0.02 fd00:1::20
within host10 python3 "$here/dns.py" ask fd10:0:0:1::4 hub.example 10
within host10 curl -s -o /dev/null http://10.0.1.4/page.txt
within host10 curl -s -o /dev/null 'http://[fd10:0:0:1::4]/page.txt'
within host20 iperf3 -6 -c fd10:0:0:1::4 -n 60K -l 8K
within host20 iperf3 -4 -c 10.0.1.4 -n 40K -l 8K -R
within host20 iperf3 -6 -c fd10:0:0:1::4 -u -b 2M -l 1200 -n 24000
stop_captures
