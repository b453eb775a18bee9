/** Cisco's platforms. All from Cisco's documentation: none of these commands has been run here. */
import { type Fills, INTERFACE_WITH_NUMBERS, type Platform, type RanBy } from './platform.js';
import { filled, joined, line, lines, type Segment, type Text } from './text.js';

const ranBy: RanBy = { by: 'vendor', documentation: "Cisco's documentation" };

/** A direction in Cisco's word, which is ours. */
const direction = (f: Fills): Segment => filled('direction', f.direction);

const nxos: Platform = {
  id: 'nxos',
  title: 'Cisco NX-OS',
  header: 'ERSPAN II, III',
  ranBy,
  versions: [4],
  types: ['II', 'III'],
  usualDirection: 'rx',
  takes: {
    session: 'needed',
    number: 'optional',
    ports: 'needed',
    vrf: 'optional',
    truncate: 'optional',
    ttl: 'optional',
  },
  port: INTERFACE_WITH_NUMBERS,
  examplePorts: ['ethernet 1/1-24'],
  severalPorts: true,
  ranges: { number: { min: 1, max: 32 }, truncate: { min: 64, max: 9216 }, ttl: { min: 1, max: 255 } },
  sendsSession: () => true,
  commands: (f) =>
    lines([
      line`configure terminal`,
      line`monitor erspan origin ip-address ${f.source} global`,
      line`monitor session ${f.number} type erspan-source`,
      line`  description ${f.name} to mirrorlake`,
      f.type === 'III' ? line`  header-type ${filled('type', 3)}` : undefined,
      line`  erspan-id ${f.session}`,
      f.vrf === undefined ? line`  vrf default` : line`  vrf ${f.vrf}`,
      line`  destination ip ${f.collector}`,
      f.ports.map((port) => line`  source interface ${port} ${direction(f)}`),
      line`  ip ttl ${f.ttl ?? { text: '64' }}`,
      f.truncate && line`  mtu ${f.truncate}`,
      line`  no shut`,
      line`end`,
    ]),
  show: (f) => line`show monitor session ${f.number}`,
  undo: (f) => lines([line`configure terminal`, line`no monitor session ${f.number}`, line`end`]),
  notes: [
    '`erspan-id`, `vrf` and `destination ip` are required, and a session stays down until `no shut`. ' +
      '`show monitor session` says why it is down.',
    'Type II is the default; `header-type 3` makes it type III, on platforms that have it. `source ' +
      'vlan 20 rx` mirrors a VLAN instead of ports, in direction `rx` only; `mtu 200` cuts frames (they ' +
      'still count in full); `filter access-group NAME` mirrors what an ACL permits.',
    'The origin address is one for the whole switch, so it stays when a session goes. On a Nexus with ' +
      'VDCs it is set in the default or admin VDC.',
    'How many sessions run at once depends on the model: 16 on a Nexus 5600, 8 on a Nexus 3548, where ' +
      '`both` counts twice. A Nexus 7000 copies in hardware, not with its CPU, and sets "do not ' +
      'fragment": what exceeds the MTU of the path is lost. The Nexus 3000 series sends frames behind a ' +
      'generic GRE header, without session ids: leave `session` out of the entry.',
  ],
};

const iosxe: Platform = {
  id: 'iosxe',
  title: 'Cisco IOS-XE',
  header: 'ERSPAN II, III',
  ranBy,
  versions: [4, 6],
  types: ['II', 'III'],
  usualDirection: 'rx',
  takes: {
    session: 'needed',
    number: 'optional',
    ports: 'needed',
    vrf: 'optional',
    truncate: 'optional',
    ttl: 'optional',
  },
  port: INTERFACE_WITH_NUMBERS,
  examplePorts: ['GigabitEthernet1/0/1 - 24'],
  severalPorts: true,
  ranges: { number: { min: 1, max: 1024 }, truncate: { min: 64, max: 9000 }, ttl: { min: 1, max: 255 } },
  unfit: (f) =>
    f.version === 6 && f.ttl !== undefined
      ? { field: 'ttl', why: 'is known for IPv4 only: leave it out for an IPv6 collector' }
      : undefined,
  sendsSession: () => true,
  commands: (f) => {
    const ip = { text: f.version === 6 ? 'ipv6' : 'ip' };
    return lines([
      line`configure terminal`,
      line`monitor session ${f.number} type erspan-source`,
      line` description ${f.name} to mirrorlake`,
      f.type === 'III' ? line` header-type ${filled('type', 3)}` : undefined,
      f.ports.map((port) => line` source interface ${port} ${direction(f)}`),
      line` no shutdown`,
      line` destination`,
      line`  erspan-id ${f.session}`,
      line`  ${ip} address ${f.collector}`,
      line`  origin ${ip} address ${f.source}`,
      f.vrf && line`  vrf ${f.vrf}`,
      f.ttl && line`  ip ttl ${f.ttl}`,
      f.truncate && line`  mtu ${f.truncate}`,
      line`end`,
    ]);
  },
  show: () =>
    lines([
      line`show monitor session erspan-source detail`,
      line`show capability feature monitor erspan-source`,
    ]),
  undo: (f) => lines([line`configure terminal`, line`no monitor session ${f.number}`, line`end`]),
  notes: [
    'Catalyst 9000 and the routers (ASR 1000, CSR, Catalyst 8000) have it; type III (`header-type 3`) ' +
      'since IOS-XE 16.2.',
    '`mtu` under `destination` has two meanings. On the routers it is the largest packet sent, 1,500 ' +
      'by default, so set `mtu 1700`; on Catalyst 9000 it is the length to which frames are cut, 9,000 ' +
      'by default.',
    'A Catalyst 9000 sends only while `ip routing` (for an IPv6 collector `ipv6 unicast-routing`) is ' +
      'on, and needs the Network Advantage licence. A session has ports or VLANs as sources, not both.',
    'An ASR 1000 has up to 1,024 sessions with 128 ports each, and mirrors layer 3 ports only. `show ' +
      'capability feature monitor erspan-source` says how many sessions a switch has (8 for `rx` and 8 ' +
      'for `tx` on a Catalyst 9000), and whether it sends sequence numbers: without them loss cannot be ' +
      'seen.',
  ],
};

const iosxr: Platform = {
  id: 'iosxr',
  title: 'Cisco IOS-XR',
  header: 'GRE',
  ranBy,
  versions: [4, 6],
  types: [],
  usualDirection: 'rx',
  takes: { number: 'needed', ports: 'needed', vrf: 'optional', ttl: 'optional' },
  port: INTERFACE_WITH_NUMBERS,
  examplePorts: ['TenGigE0/0/0/0', 'TenGigE0/0/0/1'],
  severalPorts: true,
  ranges: { number: { min: 0, max: 65535 }, ttl: { min: 1, max: 255 } },
  sendsSession: () => false,
  commands: (f) => {
    const only =
      f.direction === 'both' ? undefined : line` direction ${filled('direction', `${f.direction}-only`)}`;
    return lines([
      line`configure terminal`,
      line`interface tunnel-ip${f.number}`,
      line` ipv4 unnumbered Loopback0`,
      line` tunnel mode gre ${{ text: f.version === 6 ? 'ipv6' : 'ipv4' }}`,
      line` tunnel source ${f.source}`,
      line` tunnel destination ${f.collector}`,
      f.vrf && line` tunnel vrf ${f.vrf}`,
      f.ttl && line` tunnel ttl ${f.ttl}`,
      line`monitor-session ${f.name} ethernet`,
      line` destination interface tunnel-ip${f.number}`,
      f.ports.flatMap((port) => [
        line`interface ${port}`,
        line` monitor-session ${f.name} ethernet${only} port-level`,
      ]),
      line`commit`,
      line`end`,
    ]);
  },
  show: (f) =>
    lines([line`show monitor-session ${f.name} status detail`, line`show interfaces tunnel-ip${f.number}`]),
  undo: (f) =>
    lines([
      line`configure terminal`,
      f.ports.flatMap((port) => [line`interface ${port}`, line` no monitor-session ${f.name} ethernet`]),
      line`no monitor-session ${f.name} ethernet`,
      line`no interface tunnel-ip${f.number}`,
      line`commit`,
      line`end`,
    ]),
  notes: [
    'The destination is a GRE tunnel interface to the collector: plain GRE with Ethernet, without ' +
      'session ids and sequence numbers, so loss cannot be seen. The interface needs an address to come ' +
      'up, which it borrows from `Loopback0` here: name an interface that you have.',
    'A Cisco 8000 sends ERSPAN II with a session id of its own choice and the sequence number 0, ' +
      'mirrors direction `rx` only, and takes IPv4 and IPv6 collectors; other routers may take IPv4 ' +
      'only. A session has one destination.',
  ],
};

/** A leaf's port, `101/eth1/1`, as the path of the APIC's object. Pod 1, unless the port names one. */
function leafPath(port: Segment): Text {
  const parts = port.text.split('/eth');
  const node = parts[0].split('/');
  const [pod, leaf] = node.length === 2 ? node : ['1', node[0]];
  const part = (text: string) => filled('ports', text);
  return line`topology/pod-${part(pod)}/paths-${part(leaf)}/pathep-[${part(`eth${parts[1]}`)}]`;
}

/** `tenant/application/epg` as the name of the APIC's object. */
function epgName(epg: Segment): Text {
  const [tenant, application, group] = epg.text.split('/').map((text) => filled('epg', text));
  return line`uni/tn-${tenant}/ap-${application}/epg-${group}`;
}

const ACI_DIRECTIONS = { both: 'both', rx: 'in', tx: 'out' } as const;

const aci: Platform = {
  id: 'aci',
  title: 'Cisco ACI',
  header: 'ERSPAN I, II',
  ranBy,
  versions: [4],
  types: ['II', 'I'],
  usualDirection: 'rx',
  takes: { session: 'needed', ports: 'needed', truncate: 'optional', ttl: 'optional', epg: 'needed' },
  port: /^(?:\d{1,3}\/)?\d{1,4}\/eth\d{1,3}\/\d{1,3}(?:\/\d{1,2})?$/,
  examplePorts: ['101/eth1/1', '101/eth1/2'],
  severalPorts: true,
  ranges: { truncate: { min: 64, max: 9216 }, ttl: { min: 1, max: 255 } },
  sourcePrefix: true,
  sendsSession: (type) => type === 'II',
  commands: (f) => {
    const paths = f.ports.map(
      (port) => line`{"spanRsSrcToPathEp":{"attributes":{"tDn":"${leafPath(port)}"}}}`,
    );
    const towards = filled('direction', ACI_DIRECTIONS[f.direction]);
    const version = filled('type', f.type === 'I' ? 'ver1' : 'ver2');
    return lines([
      line`POST /api/mo/uni/infra.json`,
      line`{"infraInfra":{"attributes":{},"children":[`,
      line`{"spanDestGrp":{"attributes":{"name":"${f.name}"},"children":[`,
      line`{"spanDest":{"attributes":{"name":"${f.name}"},"children":[`,
      line`{"spanRsDestEpg":{"attributes":{"ip":"${f.collector}","srcIpPrefix":"${f.source}",`,
      line`"flowId":"${f.session}","ver":"${version}","verEnforced":"yes",`,
      line`"ttl":"${f.ttl ?? { text: '64' }}","mtu":"${f.truncate ?? { text: '9216' }}",`,
      line`"tDn":"${f.epg && epgName(f.epg)}"}}}]}}]}},`,
      line`{"spanSrcGrp":{"attributes":{"name":"${f.name}"},"children":[`,
      line`{"spanSpanLbl":{"attributes":{"name":"${f.name}"}}},`,
      line`{"spanSrc":{"attributes":{"name":"${f.name}","dir":"${towards}"},"children":[`,
      line`${joined(paths, ',\n')}]}}]}}]}}`,
    ]);
  },
  show: () => lines([line`show monitor session all`]),
  undo: (f) =>
    lines([
      line`POST /api/mo/uni/infra.json`,
      line`{"infraInfra":{"attributes":{},"children":[`,
      line`{"spanSrcGrp":{"attributes":{"name":"${f.name}","status":"deleted"}}},`,
      line`{"spanDestGrp":{"attributes":{"name":"${f.name}","status":"deleted"}}}]}}`,
    ]),
  notes: [
    'An access SPAN session, as the REST interface of the APIC takes it; in the GUI it is under ' +
      'Fabric, Access Policies, Policies, Troubleshooting, SPAN. The destination is an EPG with the ' +
      'destination IP (the collector, which must be a known endpoint of it), a source prefix, the flow ' +
      'id (the ERSPAN session) and version 1 or 2 (types I and II; type I has no session and no ' +
      'sequence numbers).',
    'Write ports as LEAF/ethSLOT/PORT, with POD/ before it beyond pod 1. If the ports are on several ' +
      'leaves, give a prefix as source: each leaf puts its node id into the open bits, and so has an ' +
      'address and sequence numbers of its own. Frames are cut to `mtu`, 1,518 by default. `show ' +
      'monitor session all` is a command of the leaf.',
  ],
};

export const CISCO: readonly Platform[] = [nxos, iosxe, iosxr, aci];
