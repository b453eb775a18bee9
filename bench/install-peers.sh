#!/bin/sh
# Installs the programs that the benchmarks compare with: Suricata (from Debian's backports), argus, tcpreplay
# and nftables. Uses the mirror in the machine's apt sources. Needs root.
set -eu

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
if [ "$(. /etc/os-release && echo "$ID")" != debian ] || [ -z "$codename" ]; then
  echo "install-peers.sh: this is not Debian; install suricata and argus your own way" >&2
  exit 1
fi

# Updates only one source list, so that a failure of the machine's other sources does not matter.
list=/etc/apt/sources.list.d/mirrorlake-backports.list
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
  awk -v codename="$codename" '$1 == codename { print $2; exit }')
if [ -z "$mirror" ]; then
  echo "install-peers.sh: no apt source for Debian $codename; run apt-get update first" >&2
  exit 1
fi
if ! apt-get indextargets --format '$(CODENAME)' 'Created-By: Packages' | grep -qx "$codename-backports"; then
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$key] $mirror $codename-backports main" >"$list"
  apt-get update -qq -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends -t "$codename-backports" suricata
apt-get install -y -qq --no-install-recommends argus-server argus-client tcpreplay nftables
suricata -V
argus -h 2>&1 | head -1 || true
