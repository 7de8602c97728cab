#!/bin/bash
# Makes branch-to-hub.pcap and hub-to-branch.pcap: two branch hosts, one virtual machine, IPv4.
# Usage (as root): branch.sh OUTPUT_DIRECTORY
here="$(cd "$(dirname "$0")" && pwd)"
source "$here/topology.sh"
out="$(cd "$1" && pwd)"
site="$(mktemp -d)"
trap 'remove_topology; rm -rf "$site"' EXIT

build_topology
head -c 40000 /dev/urandom | base64 -w 76 >"$site/page.txt"
serve vm python3 -m http.server --bind 10.0.1.4 --directory "$site" 80
serve vm python3 "$here/dns.py" serve 10.0.1.4 10.0.1.4
serve vm iperf3 -s -B 10.0.1.4
serve host10 python3 -m http.server --bind 192.168.1.10 --directory "$site" 80
sleep 1
capture lan "$out/branch-to-hub.pcap" ip
capture cloud "$out/hub-to-branch.pcap" ip
sleep 1

within host10 ping -q -n -c 20 -i 0.02 10.0.1.4
within host20 ping -q -n -c 5 -i 0.02 -M do -s 1472 10.0.1.4    # exactly 1500 bytes of IP, DF
within host20 ping -q -n -c 2 -i 0.02 -s 3000 10.0.1.4          # three fragments each way
within vm ping -q -n -c 10 -i 0.02 192.168.1.20
within host10 python3 "$here/dns.py" ask 10.0.1.4 hub.example 10
within host10 curl -s -o /dev/null http://10.0.1.4/page.txt
within host20 curl -s -I -o /dev/null http://10.0.1.4/page.txt
within vm curl -s -o /dev/null http://192.168.1.10/page.txt
within host20 iperf3 -c 10.0.1.4 -n 100K -l 8K
within host20 iperf3 -c 10.0.1.4 -n 60K -l 8K -R
within host10 iperf3 -c 10.0.1.4 -u -b 2M -l 1200 -n 48000
stop_captures
for side in branch-to-hub hub-to-branch; do    # two CPUs stamp packets a little out of order
  reordercap "$out/$side.pcap" "$out/$side.sorted"
  mv "$out/$side.sorted" "$out/$side.pcap"
done
