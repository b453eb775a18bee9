#!/bin/sh
# A real switch mirrors two hosts to mirrorlake, on one machine: docs/tutorial/live-mirror.md, all of it at
# once. Hosts, switch and collector are network namespaces; the switch is Open vSwitch with its userspace
# datapath, so no kernel module is needed. Needs root, iproute2, ping, ethtool, python3 and
# openvswitch-switch.
#
#   MIRRORLAKE='node dist/cli/main.js' sh docs/tutorial/live-mirror.sh
set -eu

mirrorlake=${MIRRORLAKE:-mirrorlake}
work=$(mktemp -d)
hosts='tutorial-host-1 tutorial-host-2'
switch=tutorial-switch
lake=tutorial-lake
started=
export OVS_RUNDIR="$work"

finish() {
  for pid in $started $(cat "$work"/*.pid 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
  wait
  for ns in $hosts $switch $lake; do ip netns del $ns 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

on() { # namespace, command
  ns=$1
  shift
  ip netns exec "$ns" "$@"
}
vsctl() {
  on $switch ovs-vsctl --timeout=20 --db="unix:$work/db.sock" "$@"
}

echo '1. Two hosts, a switch, and the machine that collects'
for ns in $hosts $switch $lake; do
  ip netns add $ns
  ip -n $ns link set lo up
done
ovsdb-tool create "$work/conf.db" /usr/share/openvswitch/vswitch.ovsschema
on $switch ovsdb-server "$work/conf.db" --remote="punix:$work/db.sock" --detach --no-chdir \
  --pidfile="$work/ovsdb-server.pid" --log-file="$work/ovsdb-server.log" 2>/dev/null
vsctl --no-wait init
on $switch ovs-vswitchd "unix:$work/db.sock" --detach --no-chdir \
  --pidfile="$work/ovs-vswitchd.pid" --log-file="$work/ovs-vswitchd.log" 2>/dev/null
vsctl add-br br0 -- set bridge br0 datapath_type=netdev
vsctl add-br uplink -- set bridge uplink datapath_type=netdev
n=0
for host in $hosts; do
  n=$((n + 1))
  ip link add port-$n netns $switch type veth peer name eth0 netns $host
  ip -n $switch link set port-$n up
  ip -n $host address add 10.20.0.$n/24 dev eth0
  ip -n $host link set eth0 up
  # What a host leaves to its network card is not in the frames that the switch copies.
  on $host ethtool -K eth0 tx off tso off gso off gro off >/dev/null
  vsctl add-port br0 port-$n
done
ip link add to-lake netns $switch type veth peer name eth0 netns $lake
ip -n $switch link set to-lake up
ip -n $lake address add 192.0.2.10/24 dev eth0
ip -n $lake link set eth0 up
vsctl add-port uplink to-lake
ip -n $switch address add 192.0.2.1/24 dev uplink
ip -n $switch link set uplink up
ip -n $switch link set br0 up

echo '2. The collector'
ip netns exec $lake $mirrorlake collect --store "$work/data" 2>"$work/collect.log" &
started=$!
for _ in $(seq 300); do
  grep -q 'receiving GRE on' "$work/collect.log" && break
  sleep 0.1
done

echo '3. The mirror: everything on br0, as ERSPAN II with session id 10'
vsctl add-port br0 lake -- set interface lake type=erspan options:key=10 \
  options:remote_ip=192.0.2.10 options:local_ip=192.0.2.1 options:erspan_ver=1 options:erspan_idx=1
vsctl -- --id=@lake get port lake -- --id=@m create mirror name=lake select-all=true output-port=@lake \
  -- set bridge br0 mirrors=@m >/dev/null
# The switch learns where the collector is.
on $switch ping -c 2 -W 1 192.0.2.10 >/dev/null

echo '4. Traffic: a ping, a page, and a door that is shut'
mkdir "$work/pages"
echo hello >"$work/pages/hello.txt"
ip netns exec tutorial-host-2 python3 -m http.server 80 --directory "$work/pages" >/dev/null 2>&1 &
started="$started $!"
fetch() {
  on tutorial-host-1 python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode(), end="")' "$1"
}
sleep 1
fetch http://10.20.0.2/hello.txt
on tutorial-host-1 ping -c 3 -i 0.2 10.20.0.2 >/dev/null
fetch http://10.20.0.2:8443/ >/dev/null 2>&1 || true

echo '5. What the switch mirrored'
on $lake $mirrorlake status --store "$work/data"
# What is open is stored when the collector ends, at the latest.
collector=${started%% *}
kill "$collector"
wait "$collector" || true
$mirrorlake query --store "$work/data" --format PrettyCompactNoEscapes \
  "SELECT client, server, server_port AS port, transport, app_protocol AS application, tcp_state AS state,
          client_packets AS sent, server_packets AS received
   FROM sessions WHERE mirror_session = 10 AND transport IN ('tcp', 'icmp')
   GROUP BY ALL ORDER BY transport, state, port"
$mirrorlake query --store "$work/data" --format PrettyCompactNoEscapes \
  "SELECT mirror_type AS type, mirror_session AS session, sum(packets) AS packets, sum(lost) AS lost
   FROM mirrors GROUP BY ALL"
