/** Switches of other vendors. All from their documentation: none of these commands has been run here. */
import { type Fills, INTERFACE_WITH_NUMBERS, type Platform } from './platform.js';
import { filled, joined, line, lines, type Text, words } from './text.js';

const eos: Platform = {
  id: 'eos',
  title: 'Arista EOS',
  header: 'GRE',
  ranBy: { by: 'vendor', documentation: "Arista's documentation" },
  versions: [4],
  types: [],
  usualDirection: 'rx',
  takes: { ports: 'needed', vrf: 'optional', ttl: 'optional' },
  port: INTERFACE_WITH_NUMBERS,
  examplePorts: ['Ethernet1-24'],
  severalPorts: true,
  ranges: { ttl: { min: 1, max: 255 } },
  sendsSession: () => false,
  commands: (f) =>
    lines([
      line`configure`,
      f.ports.map(
        (port) => line`monitor session ${f.name} source ${port} ${filled('direction', f.direction)}`,
      ),
      words([
        line`monitor session ${f.name} destination tunnel mode gre`,
        line`source ${f.source} destination ${f.collector}`,
        f.ttl && line`ttl ${f.ttl}`,
        f.vrf && line`vrf ${f.vrf}`,
      ]),
      line`end`,
    ]),
  show: (f) => line`show monitor session ${f.name}`,
  undo: (f) => lines([line`configure`, line`no monitor session ${f.name}`, line`end`]),
  notes: [
    'Frames follow GRE directly, with EtherType 0x88BE (as ERSPAN I) or another one, depending on ' +
      'platform and release; both are recognised. There are no session ids and, in general, no sequence ' +
      'numbers; some platforms offer a `key` of your choice, others put metadata of each packet into ' +
      'the key. `monitor session NAME truncate` cuts frames.',
  ],
};

const JUNOS_DIRECTIONS = { both: ['ingress', 'egress'], rx: ['ingress'], tx: ['egress'] } as const;

const analyzer = (f: Fills): Text => line`set forwarding-options analyzer ${f.name}`;

const junos: Platform = {
  id: 'junos',
  title: 'Juniper Junos',
  header: 'GRE',
  ranBy: { by: 'vendor', documentation: "Juniper's documentation" },
  versions: [4],
  types: [],
  usualDirection: 'both',
  takes: { ports: 'needed' },
  port: /^(?:[a-z]{2,4}-\d{1,2}\/\d{1,2}\/\d{1,3}(?::\d)?|ae\d{1,4})(?:\.\d{1,5})?$/,
  examplePorts: ['ge-0/0/1.0'],
  severalPorts: true,
  ranges: {},
  sendsSession: () => false,
  commands: (f) =>
    lines([
      line`configure`,
      f.ports.flatMap((port) =>
        JUNOS_DIRECTIONS[f.direction].map(
          (word) => line`${analyzer(f)} input ${filled('direction', word)} interface ${port}`,
        ),
      ),
      line`${analyzer(f)} output ip-address ${f.collector}`,
      line`commit and-quit`,
    ]),
  show: (f) => lines([line`show forwarding-options analyzer ${f.name}`, line`show route ${f.collector}`]),
  undo: (f) =>
    lines([line`configure`, line`delete forwarding-options analyzer ${f.name}`, line`commit and-quit`]),
  notes: [
    'EX and QFX, an analyzer with a remote address; ACX7000 has the same commands. Depending on the ' +
      'platform, the frame comes as GRE with Ethernet, or with 0x88BE like ERSPAN.',
    "The output address is IPv4 and needs a route; the packets' source is the address of the " +
      'interface that leads there. After the route moves to another interface, or to change anything, ' +
      'delete the analyzer and configure it again.',
    'An ACX7000 mirrors the whole port, whatever unit is named, for up to 16 analyzers of `ingress` ' +
      'and 8 of `egress`. Copies beyond what the way out carries are dropped without a word.',
    'MX and PTX mirror into a GRE tunnel interface: a `gr-` interface as next hop of a ' +
      '`port-mirroring` instance; that is IP in GRE without Ethernet (`mirror_type` `gre`).',
  ],
};

/** What SONiC's platforms have in common; they differ in the GRE type. */
const SONIC = {
  ranBy: { by: 'vendor', documentation: "SONiC's documentation" },
  versions: [4],
  usualDirection: 'rx',
  takes: { ports: 'needed', ttl: 'optional' },
  port: /^(?:Ethernet|PortChannel|Eth)\d{1,4}(?:\/\d{1,3}){0,2}$/,
  examplePorts: ['Ethernet0', 'Ethernet4'],
  severalPorts: true,
  ranges: { ttl: { min: 0, max: 255 } },
  sendsSession: () => false,
  show: () => line`show mirror_session`,
  undo: (f) => line`config mirror_session remove ${f.name}`,
} satisfies Partial<Platform>;

/** DSCP and queue are those of SONiC's examples. */
const sonicCommands = (greType: Text): Platform['commands'] => {
  return (f) => {
    const ports = joined(
      f.ports.map((port) => [port]),
      ',',
    );
    return words([
      line`config mirror_session erspan add ${f.name} ${f.source} ${f.collector} 8`,
      line`${f.ttl ?? { text: '64' }} ${greType} 0 ${ports} ${filled('direction', f.direction)}`,
    ]);
  };
};

const sonic: Platform = {
  ...SONIC,
  id: 'sonic',
  title: 'SONiC',
  header: 'ERSPAN I, II, III',
  types: ['II', 'III'],
  commands: (f) => sonicCommands([filled('type', f.type === 'III' ? '0x22eb' : '0x88be')])(f),
  notes: [
    'The arguments: name, source, destination, DSCP, TTL, GRE type, queue, ports, direction (`rx`, ' +
      '`tx` or `both`). With GRE type 0x88be chips send ERSPAN II or I, depending on the vendor ' +
      '(`mirror_type` says which); chips that send ERSPAN III (Cisco 8000, Tofino) want 0x22eb. The ' +
      "session id is the switch's own choice.",
    '`show mirror_session` must say `active`: SONiC sends only while it has a route, in the default ' +
      'VRF. The command takes IPv4 addresses only. `config save -y` keeps the session over a restart.',
  ],
};

const spectrum: Platform = {
  ...SONIC,
  id: 'sonic-spectrum',
  title: 'SONiC on NVIDIA Spectrum',
  header: 'GRE 0x8949',
  types: [],
  commands: sonicCommands([{ text: '0x8949' }]),
  notes: [
    'NVIDIA Spectrum needs GRE type 0x8949 (35145), its type under SONiC. It sends GRE of that type ' +
      'with neither key nor sequence number, and 22 bytes of its own before the frame. Their meaning is ' +
      'not published, so they are skipped: sessions are complete, but no row has a port or direction, ' +
      "and loss cannot be seen. `mirror_type` is `mellanox`, SONiC's word for the platform (`show " +
      'platform summary`).',
    "The decoder follows what SONiC's own tests expect of these switches, and has been tried with " +
      'generated packets only, not with such a switch. If the MAC addresses of its sessions are not ' +
      'those of your hosts, please report it with a capture.',
  ],
};

export const SWITCHES: readonly Platform[] = [eos, junos, sonic, spectrum];
