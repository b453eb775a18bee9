#!/bin/sh
# The lab's switch: Open vSwitch with its userspace datapath (no kernel module). It connects all interfaces in
# one bridge, except the one that leads to the collector, and sends the collector two mirrors:
#
#   session 10, ERSPAN type II: every frame that enters the switch
#   session 20, ERSPAN type III, direction egress: every frame that leaves it
#
#   switch.sh COLLECTOR [DIRECTORY]      runs until it is stopped; its state is in DIRECTORY
#
# Needs CAP_NET_ADMIN, CAP_NET_RAW, /dev/net/tun, Open vSwitch and iproute2.
set -eu

collector=${1:?usage: switch.sh COLLECTOR [DIRECTORY]}
OVS_RUNDIR=${2:-/run/openvswitch}
export OVS_RUNDIR
socket=$OVS_RUNDIR/db.sock
mkdir -p "$OVS_RUNDIR"

stop() {
  trap - EXIT
  for daemon in ovs-vswitchd ovsdb-server; do
    pid=$(cat "$OVS_RUNDIR/$daemon.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  done
}
trap stop EXIT
trap 'exit 0' TERM INT

vsctl() { ovs-vsctl --timeout=20 --db="unix:$socket" "$@"; }
daemon() { # program, arguments
  program=$1
  shift
  "$program" "$@" --pidfile="$OVS_RUNDIR/$program.pid" --log-file="$OVS_RUNDIR/$program.log" \
    --detach --no-chdir 2>/dev/null
}

rm -f "$OVS_RUNDIR/conf.db"
ovsdb-tool create "$OVS_RUNDIR/conf.db" /usr/share/openvswitch/vswitch.ovsschema
daemon ovsdb-server "$OVS_RUNDIR/conf.db" --remote="punix:$socket"
vsctl --no-wait init
daemon ovs-vswitchd "unix:$socket"

uplink=$(ip -o route get "$collector" | sed -n 's/.* dev \([^ ]*\).*/\1/p')
address=$(ip -o -4 address show dev "$uplink" | awk '{ print $4; exit }')
ports=$(ip -o link show | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }' | grep -Ev "^(lo|$uplink|ovs-netdev|tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip6_vti0|ip_vti0)\$")

# The underlay's address belongs to its bridge: Open vSwitch routes encapsulated packets through it.
vsctl add-br underlay -- set bridge underlay datapath_type=netdev -- add-port underlay "$uplink"
ip address flush dev "$uplink"
ip link set underlay mtu "$(cat "/sys/class/net/$uplink/mtu")" up
ip address add "$address" dev underlay

vsctl add-br switch -- set bridge switch datapath_type=netdev
ip link set switch up
for port in $ports; do
  ip address flush dev "$port"
  ip link set "$port" up
  vsctl add-port switch "$port"
done

tunnel() { # port, key, further options
  port=$1 key=$2
  shift 2
  vsctl add-port switch "$port" -- set interface "$port" type=erspan \
    options:key="$key" options:remote_ip="$collector" options:local_ip="${address%/*}" "$@"
}
tunnel erspan2 10 options:erspan_ver=1 options:erspan_idx=1
tunnel erspan3 20 options:erspan_ver=2 options:erspan_dir=1 options:erspan_hwid=4

# Learns the collector's MAC address before the first frame is mirrored.
ping -c 3 -i 0.2 -W 1 "$collector" >/dev/null || true

selected=
gets=
for port in $ports; do
  gets="$gets -- --id=@$port get port $port"
  selected="$selected,@$port"
done
selected=${selected#,}
# shellcheck disable=SC2086 # words
vsctl -- --id=@ii get port erspan2 -- --id=@iii get port erspan3 $gets \
  -- --id=@in create mirror name=in select-src-port="$selected" output-port=@ii \
  -- --id=@out create mirror name=out select-dst-port="$selected" output-port=@iii \
  -- set bridge switch mirrors=@in,@out >/dev/null
echo "mirroring $(echo $ports) to $collector"
while :; do
  sleep 1 &
  wait $!
done
