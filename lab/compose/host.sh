#!/bin/sh
# A busy host of the lab in a container: ADDRESS and ADDRESS6 are its own on the switch, not Docker's.
#
#   host.sh ADDRESS ADDRESS6 PEER PEER6 [--backup]
set -eu
address=$1 address6=$2 peer=$3 peer6=$4
shift 4
nobody=10.20.0.99

# Offloads would leave frames unfinished in the switch's copies.
ethtool -K eth0 tx off tso off gso off gro off >/dev/null
ip address flush dev eth0
ip address add "$address/24" dev eth0
ip address add "$address6/64" dev eth0 nodad
ip neighbour replace "$nobody" lladdr 02:00:00:00:00:99 dev eth0
exec node /opt/mirrorlake/lab/host.mjs "$peer" "$peer6" "$nobody" "$@"
