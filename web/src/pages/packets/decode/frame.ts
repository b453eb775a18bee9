/**
 * Kept frames, decoded by the collector's own walk: a line of each for the list, and all layers of the one
 * that is looked at. Whatever the bytes are, nothing is thrown, and it takes no longer than they are long.
 */
import type { KeptFrame } from '../../../../../src/console/contract/packets.js';
import { frameStart } from '../../../../../src/model/frame-start.js';
import { u16 } from '../../../../../src/wire/bytes.js';
import { decodeFrame, Frame, KNOWN_TUNNEL_PORTS, Layer, Walk } from '../../../../../src/wire/walk/frame.js';
import { MALFORMED_NAMES } from '../../../../../src/wire/walk/malformed.js';
import { application, type Context } from './application.js';
import { DESCRIPTIONS } from './describe.js';
import { type Field, Sheet, type Shown } from './layer.js';
import { etherTypeWords } from './numbers.js';
import { type Numbers, tcp, tcpFlags } from './transport.js';
import { bytesOf, count, hexBytes } from './words.js';

/** A frame in a list: its numbers, and what it says in one line. */
export interface Packet {
  readonly frame: KeptFrame;
  readonly bytes: Uint8Array;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** TCP's flags; else the word of the innermost protocol. */
  readonly flags: string;
  /** What it says; '' for nothing but a header. */
  readonly says: string;
  /** Whether `says` is only how much it carries. */
  readonly isData: boolean;
  /** The innermost IP packet: 4, 6, or 0 without IP; its identification (0 in IPv6), and its protocol. */
  readonly ipVersion: number;
  readonly ipId: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** TCP's: 0 for others. */
  readonly tcpFlags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** The payload's bytes that are here, and how many there were. */
  readonly payload: Uint8Array;
  readonly payloadLength: number;
}

const NOTHING = new Uint8Array(0);
const IP_TCP = 6;
const IP_UDP = 17;

/** Base64 as bytes; bytes that are none of it are nothing. */
export function fromBase64(text: string): Uint8Array {
  let raw: string;
  try {
    raw = atob(text);
  } catch {
    return NOTHING;
  }
  const b = new Uint8Array(raw.length);
  for (let i = 0; i < b.length; i++) b[i] = raw.charCodeAt(i);
  return b;
}

/** A time of the API, RFC 3339, as nanoseconds since 1970. */
export function nanoseconds(text: string): bigint {
  const [seconds, fraction = ''] = text.replace(/Z$/, '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** Reads frames; its objects are reused. */
export class Decoder {
  private readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  private readonly f = new Frame();

  /** @param app the word of `app_protocol` of the conversation */
  constructor(private readonly app: string) {}

  packet(frame: KeptFrame): Packet {
    const b = fromBase64(frame.data);
    const { f } = this;
    this.decode(frame, b);
    const [at, end] = this.payload(b);
    const isTcp = f.protocol === IP_TCP && f.transport >= 0;
    const said = this.says(frame, b, at, end);
    return {
      frame,
      bytes: b,
      time: nanoseconds(frame.time),
      flags: isTcp ? tcpFlags(f.tcpFlags) : this.protocolWord(),
      says: said !== '' ? said : at >= 0 && f.payloadLength > 0 ? bytesOf(f.payloadLength) : '',
      isData: said === '',
      ipVersion: f.ipVersion,
      ipId: f.ipVersion === 4 && f.ip + 6 <= b.length ? u16(b, f.ip + 4) : 0,
      protocol: f.protocol,
      sourcePort: f.sourcePort,
      destinationPort: f.destinationPort,
      tcpFlags: isTcp ? f.tcpFlags : 0,
      sequence: isTcp ? f.tcpSequence : 0,
      acknowledgment: isTcp ? f.tcpAcknowledgment : 0,
      payload: at < 0 ? NOTHING : b.subarray(at, end),
      payloadLength: at < 0 ? 0 : f.payloadLength,
    };
  }

  /** All layers, beginning with what the mirror said. */
  layers({ frame, bytes: b }: Pick<Packet, 'frame' | 'bytes'>, numbers: Numbers): Shown[] {
    this.decode(frame, b);
    const { f } = this;
    const shown: Shown[] = [mirrorLayer(frame)];
    const dataEnd = this.dataEnd(b);
    let end = 0;
    for (let i = 0; i < f.layerCount; i++) {
      const isLast = i + 1 === f.layerCount;
      const at = f.layerOffset[i]!;
      const limit = isLast ? Math.max(at, dataEnd) : f.layerOffset[i + 1]!;
      const s = this.describe(f.layerKind[i] as Layer, b, at, limit, numbers);
      if (f.layerKind[i] !== Layer.Other) shown.push(s.shown(isLast ? s.end : limit));
      end = isLast ? s.end : limit;
    }
    if (end < dataEnd) {
      const rest = this.rest(frame, b, end, dataEnd);
      shown.push(rest.shown(dataEnd));
      end = dataEnd;
    }
    if (end < b.length) shown.push(trailer(b, end, f.ipVersion === 0 && f.layerCount === 0));
    if (f.malformed !== 0) shown.push(malformed(f.malformed));
    return shown;
  }

  private decode(frame: KeptFrame, b: Uint8Array): void {
    const { kind, type } = frameStart(frame.layer, frame.mirror_type, frame.gre_protocol);
    const wire = Math.max(b.length, frame.original_length);
    decodeFrame(this.walk, kind, type, b, 0, b.length, wire, this.f);
  }

  /** Where the bytes end that the innermost headers speak of. */
  private dataEnd(b: Uint8Array): number {
    const { f } = this;
    if (f.ipVersion === 0) return b.length;
    const end = f.payload >= 0 ? f.payload + f.payloadLength : f.ip + f.ipLength;
    return Math.max(0, Math.min(b.length, end));
  }

  /** Where an application's bytes are; -1 twice where there are none. */
  private payload(b: Uint8Array): readonly [at: number, end: number] {
    const { f } = this;
    const carries = f.protocol === IP_TCP || f.protocol === IP_UDP;
    if (f.ipVersion === 0 || f.transport < 0 || f.payload < 0 || !carries) return [-1, -1];
    const end = this.dataEnd(b);
    return [Math.min(f.payload, end), end];
  }

  private says(frame: KeptFrame, b: Uint8Array, at: number, end: number): string {
    const { f } = this;
    if (at >= 0 && end > at) return application(b, at, end, this.context(frame)).summary;
    const last = f.layerCount - 1;
    if (last < 0 || at >= 0) return '';
    const kind = f.layerKind[last] as Layer;
    const o = f.layerOffset[last]!;
    return this.describe(kind, b, o, Math.max(o, this.dataEnd(b)), NO_NUMBERS).summary;
  }

  private describe(kind: Layer, b: Uint8Array, at: number, limit: number, numbers: Numbers): Sheet {
    const { f } = this;
    const { kind: color, name, describe } = DESCRIPTIONS[kind];
    if (kind === Layer.Tcp) {
      const header = f.payload >= at ? Math.min(limit, f.payload) : limit;
      const s = new Sheet(color, name, b, at, header);
      tcp(s, numbers, f.payloadLength);
      s.upTo(header);
      return s;
    }
    const ends =
      kind === Layer.Udp && f.transport === at && f.payload >= at ? Math.min(limit, f.payload) : limit;
    const s = new Sheet(color, name, b, at, ends);
    describe(s);
    return s;
  }

  /** What is behind the last header. */
  private rest(frame: KeptFrame, b: Uint8Array, at: number, end: number): Sheet {
    const { f } = this;
    if (this.payload(b)[0] >= 0) return application(b, at, end, this.context(frame));
    const s = new Sheet('app', 'Data', b, at, end);
    s.field('data', at, end - at, () => hexBytes(b, at, end));
    s.detail = f.ipVersion === 0 && f.etherType >= 0x600 ? etherTypeWords(f.etherType) : bytesOf(end - at);
    return s;
  }

  private context(frame: KeptFrame): Context {
    const { direction } = frame;
    return {
      app: this.app,
      isTcp: this.f.protocol === IP_TCP,
      fromClient: direction === '' ? undefined : direction === 'client',
    };
  }

  /** The innermost layer's name, in a list. */
  private protocolWord(): string {
    const { f } = this;
    for (let i = f.layerCount - 1; i >= 0; i--) {
      const kind = f.layerKind[i] as Layer;
      if (kind !== Layer.Other) return DESCRIPTIONS[kind].name;
    }
    return '';
  }
}

const NO_NUMBERS: Numbers = { sequenceFrom: undefined, acknowledgmentFrom: undefined };

const MIRRORS: Readonly<Record<KeptFrame['mirror_type'], string>> = {
  '': 'Mirror',
  erspan1: 'ERSPAN I',
  erspan2: 'ERSPAN II',
  erspan3: 'ERSPAN III',
  gre: 'GRE',
  gretap: 'GRE with Ethernet',
  pptp: 'PPTP',
  mellanox: 'Mellanox mirror',
  vxlan: 'VXLAN',
  'vxlan-gpe': 'VXLAN-GPE',
  geneve: 'GENEVE',
  'gre-udp': 'GRE in UDP',
  tzsp: 'TZSP',
  jmirror: 'Juniper jmirror',
  erm: 'HP ERM',
  span: 'SPAN port',
  capture: 'Capture',
};

/** What came around the frame. None of it is among its bytes. */
function mirrorLayer(frame: KeptFrame): Shown {
  const { mirror_type: type } = frame;
  const isErspan = type.startsWith('erspan');
  const isPlain = type === 'span' || type === 'capture';
  const words = [
    ...(isErspan ? [`session ${frame.mirror_session}`] : []),
    ...(frame.gre_key !== null ? [`key ${frame.gre_key}`] : []),
    ...(frame.mirror_port !== 0
      ? [`${type === 'erspan2' ? 'port index' : 'port'} ${count(frame.mirror_port).replaceAll(',', '')}`]
      : []),
    ...(frame.vlan !== null ? [`VLAN ${frame.vlan}`] : []),
    ...(isErspan ? [`CoS ${frame.cos}`] : []),
  ];
  const fields: Field[] = [];
  const add = (name: string, value: string): void => {
    fields.push({ name, value, at: -1, length: 0 });
  };
  if (!isPlain) add('outer', `${frame.mirror_source} → ${frame.mirror_target}`);
  if (frame.mirror_direction !== 'unknown') add('direction', frame.mirror_direction);
  if (frame.mirror_hardware !== 0) add('hardware', String(frame.mirror_hardware));
  if (frame.security_group !== 0) add('security group', String(frame.security_group));
  if (frame.mirror_sensor !== '') add('sensor', frame.mirror_sensor);
  if (!isErspan && !isPlain) add('protocol', etherTypeWords(frame.gre_protocol));
  add('truncated', frame.truncated ? 'yes' : 'no');
  if (frame.length < frame.original_length)
    add('kept', `${count(frame.length)} of ${bytesOf(frame.original_length)}`);
  const name = MIRRORS[type];
  return { kind: 'mirror', name, detail: words.join(', '), at: -1, end: -1, fields };
}

function trailer(b: Uint8Array, at: number, isAll: boolean): Shown {
  const length = b.length - at;
  const isPadding = b.subarray(at).every((c) => c === 0);
  const value = hexBytes(b, at, b.length);
  return {
    kind: 'rest',
    name: isAll ? 'Data' : isPadding ? 'Padding' : 'Trailer',
    detail: bytesOf(length),
    at,
    end: b.length,
    fields: [{ name: 'bytes', value, at, length }],
  };
}

function malformed(code: number): Shown {
  const word = (MALFORMED_NAMES[code] ?? '').replaceAll('_', ' ');
  return { kind: 'rest', name: 'Malformed', detail: word, at: -1, end: -1, fields: [] };
}

/** A layer, and one of its fields, -1 for the layer itself. */
export interface Place {
  readonly layer: number;
  readonly field: number;
}

/** The innermost layer and field that a byte belongs to. */
export function placeOf(layers: readonly Shown[], byte: number): Place | undefined {
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const { at, end, fields } = layers[layer]!;
    if (at < 0 || byte < at || byte >= end) continue;
    let field = -1;
    for (const [i, one] of fields.entries())
      if (
        one.at >= 0 &&
        byte >= one.at &&
        byte < one.at + one.length &&
        (field < 0 || one.length < fields[field]!.length)
      )
        field = i;
    return { layer, field };
  }
  return undefined;
}

/** The layer of every byte: its place among the layers, -1 for none. */
export function layerOfBytes(layers: readonly Shown[], length: number): Int16Array {
  const of = new Int16Array(length).fill(-1);
  for (const [i, { at, end }] of layers.entries()) if (at >= 0) of.fill(i, at, Math.min(end, length));
  return of;
}
