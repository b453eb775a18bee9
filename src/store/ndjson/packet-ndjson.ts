/**
 * Packets of mirrored traffic as lines of NDJSON (`read --ndjson packets`): the outer packet, its GRE header,
 * the mirror point, the layers of the frame inside, and its conversation; and plain frames, which have no
 * outer packet. Every line has every key, in the same order; keys that do not apply are null.
 * docs/reference/ndjson.md explains every key.
 */

import { MIRROR_DIRECTION_NAMES, MIRROR_TYPE_NAMES, MirrorType } from '../../model/mirror-point.js';
import type { Mirrored } from '../../model/mirrored.js';
import type { OuterPacket } from '../../model/outer-packet.js';
import { u16 } from '../../wire/bytes.js';
import { copyAddress16, formatIp, macText } from '../../wire/ip/addresses.js';
import { transportName } from '../../wire/transport/transport.js';
import { GRE_ACK, GRE_CSUM, GRE_KEY, GRE_SEQ, type GreHeader } from '../../wire/tunnel/gre.js';
import type { Frame } from '../../wire/walk/frame.js';
import { LAYER_NAMES } from '../../wire/walk/layer-table.js';
import { MALFORMED_NAMES } from '../../wire/walk/malformed.js';
import { layerFields } from './layer-ndjson.js';
import { pointJson, rfc3339, text } from './ndjson.js';

const NO_GRE =
  '"gre_flags":null,"gre_version":null,"gre_protocol":null,"gre_checksum":null,"gre_key":null,' +
  '"gre_sequence":null,"gre_acknowledgment":null';
const NO_OUTER =
  '"outer_source":null,"outer_destination":null,"outer_ttl":null,"outer_tos":null,"outer_bytes":null,' +
  `"input":null,"outer_source_port":null,"outer_destination_port":null,${NO_GRE}`;
const NO_POINT = '"mirror_type":null,"mirror_source":null,"mirror_target":null,"mirror_session":null';
const NO_MIRRORED =
  '"mirror_port":null,"mirror_direction":null,"mirror_hardware":null,"security_group":null,' +
  '"mirror_sensor":null,"cos":null,"timestamp":null,"timestamp_granularity":null,"timestamp_upper":null';
const NO_FRAME =
  '"captured":null,"length":null,"truncated":null,"layers":[],"vlan_ids":[],"ether_type":null,"source_ip":null,"destination_ip":null,"source_port":null,"destination_port":null,"protocol":null,"transport":null,"bytes":null,"payload":null';

/**
 * A packet, or one frame of it; or a plain frame.
 *
 * @param gre as far as it was parsed, where there is one
 * @param mirrored undefined if no frame was reached; likewise `frame` if none can be decoded
 * @param malformed a code of wire/walk/malformed.ts
 */
export function packetJson(
  outer: OuterPacket,
  gre: GreHeader,
  mirrored: Mirrored | undefined,
  frame: Frame | undefined,
  malformed: number,
): string {
  const reason = malformed === 0 ? null : text(MALFORMED_NAMES[malformed]);
  const around = outer.ipVersion === 0 ? NO_OUTER : `${outerJson(outer)},${greJson(outer, gre)}`;
  const point = mirrored === undefined ? NO_POINT : pointJson(mirrored.point);
  const said = mirrored === undefined ? NO_MIRRORED : mirroredJson(mirrored);
  const inner = frame === undefined || mirrored === undefined ? NO_FRAME : frameJson(outer, mirrored, frame);
  return (
    `{"time":"${rfc3339(outer.sec, outer.nsec)}",${around},` +
    `${point},${said},${inner},"malformed":${reason}}`
  );
}

function outerJson(o: OuterPacket): string {
  return (
    `"outer_source":"${address(o.bytes, o.source, o.ipVersion)}"` +
    `,"outer_destination":"${address(o.bytes, o.destination, o.ipVersion)}"` +
    `,"outer_ttl":${o.ttl},"outer_tos":${o.tos},"outer_bytes":${o.wireEnd - o.ip}` +
    `,"input":"${o.input === 0 ? 'gre' : MIRROR_TYPE_NAMES[o.input]}"` +
    `,"outer_source_port":${o.udp < 0 ? null : u16(o.bytes, o.udp)}` +
    `,"outer_destination_port":${o.udp < 0 ? null : u16(o.bytes, o.udp + 2)}`
  );
}

function greJson(o: OuterPacket, g: GreHeader): string {
  if (o.input !== 0 && o.input !== MirrorType.GreUdp) return NO_GRE;
  const f = g.flags;
  const acknowledgment = g.version === 1 && (f & GRE_ACK) !== 0 ? g.acknowledgment : null;
  return (
    `"gre_flags":${f},"gre_version":${g.version},"gre_protocol":${g.protocol}` +
    `,"gre_checksum":${f & GRE_CSUM ? g.checksum : null}` +
    `,"gre_key":${f & GRE_KEY ? g.key : null},"gre_sequence":${f & GRE_SEQ ? g.sequence : null}` +
    `,"gre_acknowledgment":${acknowledgment}`
  );
}

function mirroredJson(m: Mirrored): string {
  return (
    `"mirror_port":${m.port},"mirror_direction":"${MIRROR_DIRECTION_NAMES[m.direction]}"` +
    `,"mirror_hardware":${m.hardware},"security_group":${m.securityGroup}` +
    `,"mirror_sensor":"${m.sensor === 0 ? '' : macText(m.sensor)}","cos":${m.cos},${timestampJson(m)}`
  );
}

/** ERSPAN type III's timestamp as it was sent. */
function timestampJson(m: Mirrored): string {
  const has = m.granularity >= 0;
  const upper = has && m.platformId >= 0 ? m.upperTimestamp : null;
  return (
    `"timestamp":${has ? m.timestamp : null},"timestamp_granularity":${has ? m.granularity : null}` +
    `,"timestamp_upper":${upper}`
  );
}

function frameJson(outer: OuterPacket, m: Mirrored, f: Frame): string {
  // One of several frames in a packet ends before the packet does.
  const length = f.end === outer.end ? outer.wireEnd - f.start : f.end - f.start;
  const ip = f.ipVersion !== 0;
  const source = ip ? `"${address(f.bytes, f.source, f.ipVersion)}"` : null;
  const destination = ip ? `"${address(f.bytes, f.destination, f.ipVersion)}"` : null;
  const ports = f.sourcePort !== 0 || f.destinationPort !== 0;
  const transport = text(transportName(f.ipVersion, f.protocol, f.etherType, f.subType));
  return (
    `"captured":${f.end - f.start},"length":${length},"truncated":${f.truncated}` +
    `,"layers":[${layers(f)}],"vlan_ids":[${vlans(m, f)}],"ether_type":${f.etherType}` +
    `,"source_ip":${source},"destination_ip":${destination}` +
    `,"source_port":${ports ? f.sourcePort : null}` +
    `,"destination_port":${ports ? f.destinationPort : null}` +
    `,"protocol":${ip ? f.protocol : null},"transport":${transport},"bytes":${f.ipLength}` +
    `,"payload":${f.payloadLength}`
  );
}

function layers(f: Frame): string {
  let json = '';
  for (let i = 0; i < f.layerCount; i++) {
    const kind = f.layerKind[i];
    const fields = layerFields(kind, f.bytes, f.layerOffset[i], f.end);
    json += `${i === 0 ? '' : ','}{"layer":"${LAYER_NAMES[kind]}"${fields}}`;
  }
  return json;
}

/** The VLAN whose tag the switch removed is the outermost. */
function vlans(m: Mirrored, f: Frame): string {
  let json = m.vlan < 0 ? '' : `${m.vlan}`;
  for (let i = 0; i < f.vlanCount; i++) json += json === '' ? f.vlanIds[i] : `,${f.vlanIds[i]}`;
  return json;
}

const mapped = new Uint8Array(16);

function address(b: Uint8Array, o: number, version: number): string {
  copyAddress16(b, o, version, mapped, 0);
  return formatIp(mapped, 0);
}
