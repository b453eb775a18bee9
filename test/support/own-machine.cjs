/**
 * Gives a test file's process a machine of its own, as far as the kernel can: network and mount namespaces,
 * an empty list of named network namespaces, and a /sys with its own devices. So files with live tests run in
 * parallel, and none sees the interfaces, addresses, ports and rules of another. `node --require` runs it
 * before libuv starts threads, which would stay in the former namespaces. Without root it does nothing,
 * because those tests are skipped.
 *
 * Commands that need the machine's own network, for example to download, run through `outside` in needs.ts.
 */
const { execFileSync } = require('node:child_process');
const koffi = require('koffi');

/** linux/sched.h */
const CLONE_NEWNS = 0x00020000;
const CLONE_NEWNET = 0x40000000;

const SCRIPT = `
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
# Control groups lie below /sys, which is mounted anew for the devices of this network namespace.
groups=$(mktemp -d)
mount --rbind /sys/fs/cgroup "$groups"
mount -t sysfs sysfs /sys
mount --move "$groups" /sys/fs/cgroup
rmdir "$groups"
ip link set lo up
`;

if (process.getuid() === 0) {
  const unshare = koffi.load(null).func('int unshare(int flags)');
  if (unshare(CLONE_NEWNS | CLONE_NEWNET) !== 0)
    throw new Error(`a namespace cannot be made: errno ${koffi.errno()}`);
  execFileSync('sh', ['-c', SCRIPT], { stdio: ['ignore', 'inherit', 'inherit'] });
}
