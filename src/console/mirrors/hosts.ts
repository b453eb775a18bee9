/** What mirrors in software. Tests run all of these commands as printed. */
import { type Fills, LINUX_INTERFACE, type Platform } from './platform.js';
import { filled, joined, line, lines, type Segment, type Text, words } from './text.js';

/** How ovs-vsctl and ip name the header, for ERSPAN II and III. */
function ovsVersion(f: Fills): Text {
  const version = line`options:erspan_ver=${filled('type', f.type === 'III' ? 2 : 1)}`;
  if (f.type !== 'III') return line`${version} options:erspan_idx=1`;
  const egress = f.direction === 'tx' ? 1 : 0;
  return line`${version} options:erspan_dir=${filled('direction', egress)} options:erspan_hwid=4`;
}

/** Which packets an Open vSwitch mirror selects, and the port records that it names. */
function ovsSelection(f: Fills): { readonly records: readonly Text[]; readonly select: Text } {
  if (f.ports.length === 0) return { records: [], select: line`${filled('direction', 'select-all=true')}` };
  const names = f.ports.map((_, i) => line`@${{ text: `p${i}` }}`);
  const all = joined(names, ',');
  const columns = [
    f.direction === 'tx' ? undefined : line`${filled('direction', 'select-src-port')}=${all}`,
    f.direction === 'rx' ? undefined : line`${filled('direction', 'select-dst-port')}=${all}`,
  ].filter((column) => column !== undefined);
  return {
    records: f.ports.map((port, i) => line`-- --id=${names[i]} get port ${port} `),
    select: joined(columns, ' '),
  };
}

const ovs: Platform = {
  id: 'ovs',
  title: 'Open vSwitch',
  header: 'ERSPAN II, III',
  ranBy: { by: 'us', version: 'Open vSwitch 3.1.0' },
  versions: [4, 6],
  types: ['II', 'III'],
  usualDirection: 'both',
  takes: { session: 'needed', ports: 'optional', ttl: 'optional', bridge: 'needed' },
  port: LINUX_INTERFACE,
  examplePorts: [],
  severalPorts: true,
  ranges: { ttl: { min: 1, max: 255 } },
  longestName: 15,
  unfit: (f) =>
    f.ports.length === 0 && f.direction !== 'both'
      ? { field: 'direction', why: 'a mirror of all ports is `both`: name the ports, or choose both' }
      : undefined,
  sendsSession: () => true,
  commands: (f) => {
    const type = { text: f.version === 6 ? 'ip6erspan' : 'erspan' };
    const { records, select } = ovsSelection(f);
    return lines([
      line`ovs-vsctl add-port ${f.bridge} ${f.name} -- set interface ${f.name} type=${type} \\`,
      line`  options:key=${f.session} options:remote_ip=${f.collector} options:local_ip=${f.source} \\`,
      line`  ${ovsVersion(f)}${f.ttl && line` options:ttl=${f.ttl}`}`,
      line`ovs-vsctl -- --id=@out get port ${f.name} ${joined(records, '')}\\`,
      line`  -- --id=@m create mirror name=${f.name} ${select} output-port=@out \\`,
      line`  -- add bridge ${f.bridge} mirrors @m`,
    ]);
  },
  show: (f) =>
    lines([line`ovs-vsctl get mirror ${f.name} statistics`, line`ovs-vsctl get interface ${f.name} error`]),
  undo: (f) =>
    lines([
      line`ovs-vsctl -- --id=@m get mirror ${f.name} -- remove bridge ${f.bridge} mirrors @m \\`,
      line`  -- del-port ${f.bridge} ${f.name}`,
    ]),
  notes: [
    '`select-all=true` mirrors everything on the bridge once. With ports it is `select-src-port` ' +
      '(what enters by them) and `select-dst-port` (what leaves by them); `select-vlan=20` mirrors a ' +
      'VLAN. ERSPAN III is `options:erspan_ver=2` with a direction and a hardware id, which are the ' +
      'same in every packet; over IPv6 the type is `ip6erspan`. `snaplen=128` cuts frames, but does not ' +
      'mark them; in a trial with Open vSwitch 3.1 (userspace datapath) sequence numbers were missing ' +
      'then, which looks like loss.',
    'One Open vSwitch numbers all its sessions to a collector with one counter (`mirrors.sequence` is ' +
      "`source`). Copying takes the host's CPU time, except where a network card does it.",
  ],
};

/** The frame length that the device's MTU cuts to does not include the Ethernet header. */
const ETHERNET_HEADER = 14;
/** An MTU that cuts no frame. */
const NO_CUT = { text: '9000' };

/** The words of `ip link add` for the header. */
function tcVersion(f: Fills): Text {
  if (f.type === 'I') return line`erspan_ver ${filled('type', 0)}`;
  const version = line`seq key ${f.session} erspan_ver ${filled('type', f.type === 'III' ? 2 : 1)}`;
  if (f.type !== 'III') return line`${version} erspan 1`;
  const word = filled('direction', f.direction === 'tx' ? 'egress' : 'ingress');
  return line`${version} erspan_dir ${word} erspan_hwid 4`;
}

const TC_DIRECTIONS = { both: ['ingress', 'egress'], rx: ['ingress'], tx: ['egress'] } as const;

/** Its own preference keeps the filter apart from others of the port, so that it alone can be removed. */
const tcFilter = (verb: string, f: Fills, port: Segment, direction: string): Text =>
  line`tc filter ${{ text: verb }} dev ${port} ${filled('direction', direction)} pref ${f.session} matchall`;

const eachTcFilter = (f: Fills, make: (port: Segment, direction: string) => Text): readonly Text[] =>
  f.ports.flatMap((port) => TC_DIRECTIONS[f.direction].map((word) => make(port, word)));

const tc: Platform = {
  id: 'tc',
  title: 'Linux tc',
  header: 'ERSPAN I, II, III',
  ranBy: { by: 'us', version: 'Linux 6.1 and iproute2 6.1' },
  versions: [4, 6],
  types: ['II', 'III', 'I'],
  usualDirection: 'both',
  takes: { session: 'needed', ports: 'needed', truncate: 'optional', ttl: 'optional' },
  port: LINUX_INTERFACE,
  examplePorts: ['eth0'],
  severalPorts: true,
  ranges: { truncate: { min: 82, max: 9014 }, ttl: { min: 1, max: 255 } },
  longestName: 15,
  unfit: (f) => {
    if (f.type !== 'I') return undefined;
    return f.version === 6
      ? { field: 'type', why: 'the kernel has type I over IPv4 only: choose II or III' }
      : undefined;
  },
  sendsSession: (type) => type !== 'I',
  commands: (f) => {
    const type = { text: f.version === 6 ? 'ip6erspan' : 'erspan' };
    // Over IPv4 a packet beyond the path's MTU goes in fragments, whatever the mirrored frame says of that.
    const whole = f.version === 4 ? { text: ' nopmtudisc ignore-df' } : undefined;
    const mtu =
      f.truncate === undefined ? NO_CUT : filled('truncate', Number(f.truncate.text) - ETHERNET_HEADER);
    return lines([
      line`ip link add ${f.name} type ${type} local ${f.source} remote ${f.collector} \\`,
      line`  ${tcVersion(f)}${f.ttl && line` ttl ${f.ttl}`}${whole}`,
      line`ip link set ${f.name} addrgenmode none`,
      line`ip link set ${f.name} mtu ${mtu} up`,
      f.ports.map((port) => line`tc qdisc replace dev ${port} clsact`),
      eachTcFilter(
        f,
        (port, word) => line`${tcFilter('add', f, port, word)} action mirred egress mirror dev ${f.name}`,
      ),
    ]);
  },
  show: (f) =>
    lines([
      line`ip -s link show dev ${f.name}`,
      eachTcFilter(f, (port, word) => line`tc -s filter show dev ${port} ${filled('direction', word)}`),
    ]),
  undo: (f) =>
    lines([eachTcFilter(f, (port, word) => tcFilter('del', f, port, word)), line`ip link del ${f.name}`]),
  notes: [
    "The kernel's own mirror, for hosts, hypervisors and routers (its modules: `ip_gre`, `ip6_gre` " +
      'for IPv6, `act_mirred`).',
    'Do not mirror `egress` of the interface that leads to the collector: it would mirror its own ' +
      'output. What the port hands to its network card as one large segment is mirrored as one frame; ' +
      '`ethtool -K eth0 tso off gso off gro off` shows packets as they leave.',
    'Without `addrgenmode none` the device would announce an IPv6 address of its own, into the ' +
      'mirror. It cuts frames to its own MTU, so that is raised; a smaller one cuts on purpose. Over ' +
      'IPv4 what exceeds the MTU of the path is sent in fragments (`nopmtudisc ignore-df`), over IPv6 ' +
      'it is lost.',
    'ERSPAN III is `erspan_ver 2` with a direction and a hardware id, which are the same in every ' +
      'packet; over IPv6 the type is `ip6erspan`. The filters have the session id as their preference, ' +
      "so that they alone are removed; the empty `clsact` stays. Copying takes the host's CPU time.",
  ],
};

const MIRROR_DIRECTIONS = { both: 'both', rx: 'ingress', tx: 'egress' } as const;
const MIRROR_TYPES = { I: '1', II: '2', III: '3' } as const;

const mirror: Platform = {
  id: 'mirror',
  title: 'mirrorlake mirror',
  header: 'ERSPAN I, II, III',
  ranBy: { by: 'us', version: 'every version of mirrorlake' },
  versions: [4, 6],
  types: ['II', 'III', 'I'],
  usualDirection: 'both',
  takes: { session: 'needed', ports: 'needed', truncate: 'optional', ttl: 'optional' },
  port: LINUX_INTERFACE,
  examplePorts: ['eth0'],
  severalPorts: false,
  ranges: { truncate: { min: 14, max: 65535 }, ttl: { min: 1, max: 255 } },
  sendsSession: (type) => type !== 'I',
  commands: (f) => {
    const type = MIRROR_TYPES[f.type ?? 'II'];
    return words([
      line`mirrorlake mirror --interface ${f.ports[0]} --to ${f.collector} --from ${f.source}`,
      line`--type ${filled('type', type)}`,
      f.type === 'I' ? undefined : line`--session ${f.session}`,
      line`--direction ${filled('direction', MIRROR_DIRECTIONS[f.direction])}`,
      f.truncate && line`--snap-length ${f.truncate}`,
      f.ttl && line`--ttl ${f.ttl}`,
    ]);
  },
  show: (f) => {
    const ip = { text: f.version === 6 ? 'ip6' : 'ip' };
    return line`tcpdump -ni any -c 5 ${ip} proto 47 and dst host ${f.collector}`;
  },
  undo: () => line`# Ctrl-C where it runs, or SIGTERM to its process`,
  notes: [
    'For hosts and clouds without a mirror of their own; it has filters, rates and types, and never ' +
      'mirrors its own output. It needs CAP_NET_RAW, and takes CPU time of the host. One process ' +
      'mirrors one interface: give each its own session.',
    'At its end it says how many packets it sent, and what became of the others. `--filter` takes the ' +
      'language of tcpdump, `--rate` bounds what it sends, `--snap-length` cuts frames. It also sends ' +
      'VXLAN, GENEVE, GRE in UDP and TZSP, and to several collectors, which share the conversations.',
  ],
};

export const HOSTS: readonly Platform[] = [ovs, tc, mirror];
