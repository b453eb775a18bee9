#!/bin/sh
# Two hosts and a GRE tunnel between them, on one machine: docs/tutorial/gre-tunnel.md, all of it at once.
# Each host is a network namespace; both ends of the tunnel are mirrorlake's. Needs root, iproute2 and ping.
#
#   MIRRORLAKE='node dist/cli/main.js' sh docs/tutorial/gre-tunnel.sh
set -eu

mirrorlake=${MIRRORLAKE:-mirrorlake}
work=$(mktemp -d)
pc1=tutorial-pc-1
pc2=tutorial-pc-2
collectors=

finish() {
  [ -z "$collectors" ] || kill $collectors 2>/dev/null || true
  wait
  ip netns del $pc1 2>/dev/null || true
  ip netns del $pc2 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

echo '1. Two hosts on one network: 192.168.0.106 and 192.168.0.107'
ip netns add $pc1
ip netns add $pc2
ip link add name lan netns $pc1 type veth peer name lan netns $pc2
ip -n $pc1 address add 192.168.0.106/24 dev lan
ip -n $pc2 address add 192.168.0.107/24 dev lan
for pc in $pc1 $pc2; do
  ip -n $pc link set lo up
  ip -n $pc link set lan up
done

echo '2. A mirrorlake on each, with its end of the tunnel'
ip netns exec $pc1 $mirrorlake collect --store none --control "$work/pc-1.sock" \
  --tunnel 'Tunnel-1 mode gre remote 192.168.0.107 local 192.168.0.106' 2>"$work/pc-1.log" &
collectors=$!
ip netns exec $pc2 $mirrorlake collect --store none --control "$work/pc-2.sock" \
  --tunnel 'Tunnel-2 mode gre remote 192.168.0.106 local 192.168.0.107' 2>"$work/pc-2.log" &
collectors="$collectors $!"

device() { # namespace, device: waits for it
  for _ in $(seq 300); do
    ip -n "$1" link show "$2" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "the device $2 did not appear:" >&2
  cat "$work"/*.log >&2
  exit 1
}
device $pc1 Tunnel-1
device $pc2 Tunnel-2

echo '3. Addresses, and routes through the tunnel'
ip -n $pc1 address add 10.10.10.1/24 dev Tunnel-1
ip -n $pc1 route add 10.10.20.0/24 dev Tunnel-1
ip -n $pc2 address add 10.10.20.1/24 dev Tunnel-2
ip -n $pc2 route add 10.10.10.0/24 dev Tunnel-2

echo '4. Ping through the tunnel'
ip netns exec $pc1 ping -c 5 -i 0.2 -I 10.10.10.1 10.10.20.1

echo '5. What the tunnel counted, as ip -s link has it'
ip netns exec $pc1 $mirrorlake status --control "$work/pc-1.sock"
