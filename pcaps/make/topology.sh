# Network namespaces for the captures: two branch hosts, a router between two worlds, one virtual
# machine. The router stands where the emulated circuit will stand, so a frame is captured just
# before it would enter a port of the emulator: TTL untouched, MAC addresses those of its LAN.
#
#   host10 192.168.1.10 fd00:1::10 --+
#                                    +-- lan [router] cloud ------ vm 10.0.1.4 fd10:0:0:1::4
#   host20 192.168.1.20 fd00:1::20 --+
#
# Sourced by the other scripts. Needs root, iproute2, ethtool, tcpdump, iperf3 and curl; removes on
# exit what it made.

set -euo pipefail

tag="erb$$"
capture_pids=()
server_pids=()

# `within NAME COMMAND...` runs a command in one of the namespaces.
within() { local name="$1"; shift; ip netns exec "$tag-$name" "$@"; }

remove_topology() {
  for pid in "${server_pids[@]}" "${capture_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for name in host10 host20 router vm; do ip netns del "$tag-$name" 2>/dev/null || true; done
}
trap remove_topology EXIT

# Frames must be what a wire would carry: no segmentation offload, every checksum filled in.
without_offloads() {
  within "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
}

# connect HOST DEVICE MAC ROUTER_DEVICE ROUTER_MAC
connect() {
  ip link add "$2" netns "$tag-$1" address "$3" type veth \
    peer name "$4" netns "$tag-router" address "$5"
  within "$1" ip link set "$2" up
  within router ip link set "$4" up
  without_offloads "$1" "$2"
  without_offloads router "$4"
}

# address HOST DEVICE IPV4 GATEWAY4 IPV6 GATEWAY6
address() {
  within "$1" ip address add "$3" dev "$2"
  within "$1" ip route add default via "$4"
  within "$1" ip -6 address add "$5" dev "$2" nodad
  within "$1" ip -6 route add default via "$6"
}

build_topology() {
  for name in host10 host20 router vm; do
    ip netns add "$tag-$name"
    within "$name" ip link set lo up
    within "$name" sysctl -q -w net.ipv6.conf.default.accept_dad=0
  done
  within router sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  connect host10 eth0 02:00:00:01:00:10 port10 02:00:00:01:ff:10
  connect host20 eth0 02:00:00:01:00:20 port20 02:00:00:01:ff:20
  connect vm eth0 02:00:00:02:00:04 cloud 02:00:00:02:00:01
  within router ip link add lan address 02:00:00:01:00:01 type bridge mcast_snooping 0
  within router ip link set port10 master lan
  within router ip link set port20 master lan
  within router ip link set lan up
  within router ip address add 192.168.1.1/24 dev lan
  within router ip -6 address add fd00:1::1/64 dev lan nodad
  within router ip address add 10.0.1.1/24 dev cloud
  within router ip -6 address add fd10:0:0:1::1/64 dev cloud nodad
  address host10 eth0 192.168.1.10/24 192.168.1.1 fd00:1::10/64 fd00:1::1
  address host20 eth0 192.168.1.20/24 192.168.1.1 fd00:1::20/64 fd00:1::1
  address vm eth0 10.0.1.4/24 10.0.1.1 fd10:0:0:1::4/64 fd10:0:0:1::1
  sleep 2  # link-local addresses and bridge ports settle
}

# capture DEVICE FILE FILTER: what arrives at the router on that device, nanosecond stamps.
capture() {
  ip netns exec "$tag-router" tcpdump -i "$1" -p -Q in -n -U -s 0 --immediate-mode \
    --time-stamp-precision=nano -Z root -w "$2" "$3" 2>/dev/null &
  capture_pids+=($!)
}

# serve NAME COMMAND...: a server that lives until the script ends.
serve() {
  local name="$1"; shift
  ip netns exec "$tag-$name" "$@" >/dev/null 2>&1 &
  server_pids+=($!)
}

stop_captures() {
  sleep 0.5
  for pid in "${capture_pids[@]}"; do kill "$pid"; wait "$pid" || true; done
  capture_pids=()
}
