/** Applications that keep a network going: DHCP, NTP, SNMP, SMB, Kerberos, LDAP, RTP and others. */
import { SmbHeader } from '../../../../../src/applications/smb/header.js';
import { statusName } from '../../../../../src/applications/smb/status.js';
import { ERRORS, METHODS } from '../../../../../src/applications/snmp/words.js';
import { u16, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { byte, bytesOf, count, hex, hex16, hex32, hexBytes, ipv4, mac, named, text, word } from './words.js';

const DHCP_TYPES = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'];
const DHCP_OPTIONS: Readonly<Record<number, string>> = {
  1: 'subnet mask',
  3: 'routers',
  6: 'name servers',
  12: 'host name',
  15: 'domain',
  28: 'broadcast',
  50: 'requested address',
  51: 'lease',
  53: 'message',
  54: 'server',
  55: 'wanted options',
  57: 'largest message',
  60: 'vendor',
  61: 'client id',
  66: 'boot server',
  67: 'boot file',
  82: 'relay agent',
  119: 'search domains',
};

export function dhcp(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 240) || u32(b, at + 236) !== 0x63825363) return false;
  s.field('operation', at, 1, (b, o) => named({ 1: 'request', 2: 'reply' }, b[o]!));
  s.field('hardware', at + 1, 2, (b, o) => `type ${b[o]!}, ${b[o + 1]!} bytes`);
  s.field('hops', at + 3, 1, byte);
  s.field('transaction', at + 4, 4, hex32);
  s.field('seconds', at + 8, 2, word);
  s.field('flags', at + 10, 2, hex16);
  for (const [i, name] of ['client', 'yours', 'server', 'relay'].entries())
    s.field(`${name} address`, at + 12 + 4 * i, 4, ipv4);
  s.field('hardware address', at + 28, 6, mac);
  let said = '';
  for (let p = at + 240, n = 0; s.has(p, 2) && b[p] !== 255 && n < 64; n++) {
    if (b[p] === 0) {
      p++;
      continue;
    }
    const [code, length] = [b[p]!, b[p + 1]!];
    const words = optionWords(b, code, p + 2, Math.min(limit, p + 2 + length));
    if (!s.field(named(DHCP_OPTIONS, code), p, 2 + length, () => words)) break;
    if (code === 53) said = words;
    p += 2 + length;
  }
  s.upTo(limit);
  const address = u32(b, at + 16) === 0 ? '' : ` ${ipv4(b, at + 16)}`;
  s.summary = s.detail = `${said}${address}`.trim();
  return true;
}

function optionWords(b: Uint8Array, code: number, at: number, end: number): string {
  const length = end - at;
  if (code === 53 && length === 1) return DHCP_TYPES[b[at]!] ?? String(b[at]!);
  if ([1, 3, 6, 28, 50, 54].includes(code) && length >= 4) {
    const addresses: string[] = [];
    for (let p = at; p + 4 <= end && addresses.length < 8; p += 4) addresses.push(ipv4(b, p));
    return addresses.join(', ');
  }
  if (code === 51 && length === 4) return `${count(u32(b, at))} s`;
  if ([12, 15, 60, 66, 67].includes(code)) return text(b, at, end);
  return length === 0 ? 'empty' : hexBytes(b, at, end);
}

export function ntp(s: Sheet): boolean {
  const { b, at } = s;
  if (!s.has(at, 48)) return false;
  const MODES = ['reserved', 'active', 'passive', 'client', 'server', 'broadcast', 'control', 'private'];
  const mode = MODES[b[at]! & 7]!;
  s.field('version, mode', at, 1, (b, o) => `version ${(b[o]! >> 3) & 7}, ${mode}, leap ${b[o]! >> 6}`);
  s.field('stratum', at + 1, 1, byte);
  s.field('poll', at + 2, 1, (b, o) => `2^${(b[o]! << 24) >> 24} s`);
  s.field('precision', at + 3, 1, (b, o) => `2^${(b[o]! << 24) >> 24} s`);
  const short = (b: Uint8Array, o: number): string => `${((u32(b, o) / 65536) * 1000).toFixed(3)} ms`;
  s.field('root delay', at + 4, 4, short);
  s.field('root dispersion', at + 8, 4, short);
  s.field('reference', at + 12, 4, (b, o) => (b[at + 1]! <= 1 ? text(b, o, o + 4) : ipv4(b, o)));
  const time = (b: Uint8Array, o: number): string => {
    const seconds = u32(b, o);
    if (seconds === 0) return 'none';
    // Since 1900; numbers below are of the era that begins in 2036 (RFC 4330, 3).
    const unix = seconds - 2_208_988_800 + (seconds < 0x8000_0000 ? 2 ** 32 : 0);
    return new Date(unix * 1000 + (u32(b, o + 4) / 2 ** 32) * 1000).toISOString();
  };
  for (const [i, name] of ['reference time', 'origin time', 'receive time', 'transmit time'].entries())
    s.field(name, at + 16 + 8 * i, 8, time);
  s.upTo(s.limit);
  s.summary = s.detail = `${mode}, stratum ${b[at + 1]!}`;
  return true;
}

interface Tlv {
  readonly tag: number;
  readonly at: number;
  readonly end: number;
}

/** A BER value's tag, and where its content is; undefined where it is none, or goes beyond `end`. */
function tlv(b: Uint8Array, at: number, end: number): Tlv | undefined {
  if (at + 2 > end) return undefined;
  let length = b[at + 1]!;
  let p = at + 2;
  if (length >= 0x80) {
    const n = length & 0x7f;
    if (n === 0 || n > 4 || p + n > end) return undefined;
    length = 0;
    for (let i = 0; i < n; i++) length = length * 256 + b[p++]!;
  }
  return { tag: b[at]!, at: p, end: Math.min(end, p + length) };
}

const integer = (b: Uint8Array, { at, end }: Tlv): number => {
  let n = 0;
  for (let p = at; p < Math.min(end, at + 6); p++) n = n * 256 + b[p]!;
  return n;
};

export function snmp(s: Sheet): boolean {
  const { b, at, limit } = s;
  const outer = tlv(b, at, limit);
  if (outer?.tag !== 0x30) return false;
  const version = tlv(b, outer.at, outer.end);
  if (version?.tag !== 2) return false;
  const VERSIONS: Readonly<Record<number, string>> = { 0: '1', 1: '2c', 3: '3' };
  const word = named(VERSIONS, integer(b, version));
  s.field('version', outer.at, version.end - outer.at, () => word);
  const second = tlv(b, version.end, outer.end);
  if (second?.tag === 4) {
    s.field('community', version.end, second.end - version.end, () => text(b, second.at, second.end));
    const pdu = tlv(b, second.end, outer.end);
    if (pdu !== undefined) {
      const kind = METHODS[pdu.tag & 0x1f] || (pdu.tag === 0xa2 ? 'response' : hex(pdu.tag, 2));
      s.summary = kind;
      s.field('message', second.end, pdu.at - second.end, () => kind);
      const request = tlv(b, pdu.at, pdu.end);
      if (request !== undefined) {
        s.field('request', pdu.at, request.end - pdu.at, () => count(integer(b, request)));
        const error = tlv(b, request.end, pdu.end);
        if (error !== undefined && pdu.tag === 0xa2) {
          const n = integer(b, error);
          s.field('error', request.end, error.end - request.end, () => ERRORS[n] ?? String(n));
        }
      }
    }
  } else s.summary = 'message of version 3';
  const rest = s.end;
  s.field('data', rest, limit - rest, () => bytesOf(limit - rest));
  s.detail = `version ${word}, ${s.summary}`;
  return true;
}

const KERBEROS: Readonly<Record<number, string>> = {
  10: 'AS-REQ',
  11: 'AS-REP',
  12: 'TGS-REQ',
  13: 'TGS-REP',
  14: 'AP-REQ',
  15: 'AP-REP',
  30: 'ERROR',
};

/** Kerberos (RFC 4120): the application tag says what a message is. */
export function kerberos(s: Sheet, tcp: boolean): boolean {
  const { b, limit } = s;
  const at = tcp ? s.at + 4 : s.at;
  if (!s.has(at, 2) || KERBEROS[b[at]! & 0x1f] === undefined || (b[at]! & 0xe0) !== 0x60) return false;
  if (tcp) s.field('length', s.at, 4, (b, o) => count(u32(b, o)));
  const word = KERBEROS[b[at]! & 0x1f]!;
  s.field('message', at, limit - at, () => `${word}, ${bytesOf(limit - at)}`);
  s.summary = s.detail = word;
  return true;
}

const LDAP: Readonly<Record<number, string>> = {
  0: 'bind',
  1: 'bind response',
  2: 'unbind',
  3: 'search',
  4: 'entry',
  5: 'search done',
  6: 'modify',
  7: 'modify response',
  8: 'add',
  9: 'add response',
  10: 'delete',
  11: 'delete response',
  14: 'compare',
  16: 'abandon',
  19: 'reference',
  23: 'extended',
  24: 'extended response',
};

export function ldap(s: Sheet): boolean {
  const { b, limit } = s;
  const said: string[] = [];
  for (let p = s.at, n = 0; p < limit && n < 32; n++) {
    const outer = tlv(b, p, limit);
    const id = outer === undefined ? undefined : tlv(b, outer.at, outer.end);
    if (outer?.tag !== 0x30 || id?.tag !== 2 || !s.has(id.end, 1)) break;
    const word = named(LDAP, b[id.end]! & 0x1f);
    s.field(word, p, outer.end - p, () => `message ${integer(b, id)}, ${bytesOf(outer.end - p)}`);
    said.push(word);
    p = outer.end;
  }
  s.upTo(limit);
  s.summary = s.detail = said.slice(0, 4).join(', ');
  return said.length > 0;
}

/** SMB 2 and 3 behind NetBIOS' length, and older ones by name only. */
export function smb(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 8) || b[at] !== 0) return false;
  const signature = text(b, at + 5, at + 8);
  if (signature !== 'SMB') return false;
  s.field('length', at, 4, (b, o) => count(u32(b, o)));
  if (b[at + 4] !== 0xfe || !s.has(at + 4, 64)) {
    const word = named({ 253: 'encrypted', 252: 'compressed', 255: 'SMB 1' }, b[at + 4]!);
    s.field('message', at + 4, limit - at - 4, () => word);
    s.summary = s.detail = word;
    return true;
  }
  const said: string[] = [];
  const header = new SmbHeader();
  for (let p = at + 4, n = 0; s.has(p, 64) && n < 16; n++) {
    header.read(b, p);
    const { name, isResponse, status, messageId, nextCommand } = header;
    const word = `${name || 'command'}${isResponse ? ' response' : ''}`;
    s.field('signature', p, 4, () => 'SMB 2');
    if (isResponse) s.field('status', p + 8, 4, () => statusName(status));
    s.field('command', p + 12, 2, () => word);
    s.field('flags', p + 16, 4, (b, o) => hexBytes(b, o, o + 4));
    s.field('message', p + 24, 8, () => count(messageId));
    s.field('tree', p + 36, 4, (b, o) => hexBytes(b, o, o + 4));
    s.field('session', p + 40, 8, (b, o) => hexBytes(b, o, o + 8));
    said.push(isResponse && status !== 0 ? `${word}, ${statusName(status)}` : word);
    if (nextCommand === 0) break;
    p += nextCommand;
  }
  s.upTo(limit);
  s.summary = s.detail = said.slice(0, 3).join(', ');
  return true;
}

const RTP_PAYLOADS: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  8: 'PCMA',
  9: 'G722',
  18: 'G729',
  26: 'JPEG',
  31: 'H261',
  34: 'H263',
};

export function rtp(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 12) || b[at]! >> 6 !== 2) return false;
  s.field('version', at, 1, (b, o) => `2, ${b[o]! & 15} contributors`);
  s.field(
    'payload',
    at + 1,
    1,
    (b, o) => `${named(RTP_PAYLOADS, b[o]! & 127)}${b[o]! >= 128 ? ', marked' : ''}`,
  );
  s.field('sequence', at + 2, 2, word);
  s.field('timestamp', at + 4, 4, (b, o) => count(u32(b, o)));
  s.field('source', at + 8, 4, hex32);
  s.field('data', at + 12, limit - at - 12, () => bytesOf(limit - at - 12));
  s.summary = s.detail = `${named(RTP_PAYLOADS, b[at + 1]! & 127)}, sequence ${count(u16(b, at + 2))}`;
  return true;
}

const RADIUS: Readonly<Record<number, string>> = {
  1: 'Access-Request',
  2: 'Access-Accept',
  3: 'Access-Reject',
  4: 'Accounting-Request',
  5: 'Accounting-Response',
  11: 'Access-Challenge',
};

export function radius(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 20)) return false;
  const code = named(RADIUS, b[at]!);
  s.field('code', at, 1, () => code);
  s.field('id', at + 1, 1, byte);
  s.field('length', at + 2, 2, word);
  s.field('authenticator', at + 4, 16, (b, o) => hexBytes(b, o, o + 16));
  for (let p = at + 20, n = 0; s.has(p, 2) && b[p + 1]! >= 2 && n < 64; n++) {
    const end = Math.min(limit, p + b[p + 1]!);
    const name = named({ 1: 'user name', 4: 'NAS address', 30: 'called', 31: 'calling' }, b[p]!);
    const isText = [1, 30, 31, 32].includes(b[p]!);
    s.field(name, p, end - p, (b, o) => (isText ? text(b, o + 2, end) : hexBytes(b, o + 2, end) || 'empty'));
    p += b[p + 1]!;
  }
  s.upTo(limit);
  s.summary = s.detail = code;
  return true;
}
