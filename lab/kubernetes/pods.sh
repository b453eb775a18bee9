#!/bin/bash
# Copies what a node's pods send and receive to one interface, which `mirrorlake mirror` can read: pods come
# and go, and their interfaces' names are known to nobody beforehand.
#
#   pods.sh INTERFACE     runs until it is stopped, and takes all that it did away again
#
# A pod hangs on its node by a pair of veth devices. Every veth device of this network namespace gets two
# filters (man tc-mirred) that copy both directions to INTERFACE, an ifb device, which throws copies away once
# they have been read. The frame itself goes on to whatever filters come next. Once INTERFACE is gone nothing
# is copied, and the pods notice nothing.
#
# Needs CAP_NET_ADMIN and iproute2.
set -euo pipefail

mirror=${1:?usage: pods.sh INTERFACE}
# Seconds between looks, should an event be missed.
every=5
# The devices that are copied: "INDEX NAME", because a name may come again.
declare -A copied=()

say() { echo "pods.sh: $*" >&2; }

# The filter of a device and a direction (ingress: what the pod sends). Words after `delete` or `add`.
filter() {
  tc filter "$1" dev "$2" "$3" protocol all pref 1 u32 "${@:4}"
}

copy() { # device
  local direction
  # There may be one of the network plugin's.
  tc qdisc add dev "$1" clsact 2>/dev/null || true
  for direction in ingress egress; do
    # Of one that was killed.
    filter delete "$1" "$direction" 2>/dev/null || true
    filter add "$1" "$direction" match u32 0 0 action mirred egress mirror dev "$mirror" continue && continue
    # Pods end at any time.
    [ -e "/sys/class/net/$1" ] || return 0
    say "$1: $direction is not copied: another program's filters come first"
  done
}

look() {
  local index name rest
  local -A now=()
  while IFS=': ' read -r index name rest; do
    name=${name%@*}
    now["$index $name"]=1
    [ -n "${copied["$index $name"]:-}" ] || copy "$name"
  done < <(ip -o link show type veth)
  copied=()
  for name in "${!now[@]}"; do copied["$name"]=1; done
}

stop() {
  trap - EXIT
  local device direction
  kill "$monitor" 2>/dev/null || true
  for device in "${!copied[@]}"; do
    for direction in ingress egress; do
      filter delete "${device#* }" "$direction" 2>/dev/null || true
    done
  done
  ip link delete dev "$mirror" 2>/dev/null || true
}

exec 3< <(exec ip -o monitor link)
monitor=$!
trap stop EXIT
trap 'exit 0' TERM INT
# Left by one that was killed.
ip link delete dev "$mirror" 2>/dev/null || true
ip link add dev "$mirror" type ifb
# No address, and so no packets, of its own. Fails where there is no IPv6, and is not needed there.
ip link set dev "$mirror" addrgenmode none 2>/dev/null || true
# Pods leave it to the network card to cut segments. With this the kernel does, before they are read.
ip link set dev "$mirror" txqueuelen 1000 gso_max_segs 1 up
say "copying the pods' traffic to $mirror"
while :; do
  look
  # Waits for an event, and takes those that came with it.
  status=0
  read -r -t "$every" -u 3 _ || status=$?
  [ $status -ne 1 ] || { say 'ip monitor has ended'; exit 1; }
  while read -r -t 0 -u 3 && read -r -u 3 _; do :; done
done
