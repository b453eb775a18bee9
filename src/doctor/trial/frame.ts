/** The frame that carries a trial's packet over a veth pair. */

import { setU16 } from '../../wire/bytes.js';
import { parseAddress, parseMac } from '../../wire/ip/addresses.js';
import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { emitIpv4, IPV4_BASE_LENGTH, Ipv4Header, setIpv4Checksum } from '../../wire/ip/ipv4.js';
import { ETHERNET_LENGTH } from '../../wire/link/ethernet.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { UDP_LENGTH } from '../../wire/transport/udp.js';
import { emitTrial, TRIAL_LENGTH } from '../../wire/tunnel/trial.js';

const IPV6_LENGTH = 40;
const HOP_LIMIT = 64;
/** The UDP source port; that of mirrors is a hash. */
const TRIAL_PORT = 49152;

export interface TrialAddresses {
  readonly fromMac: string;
  readonly toMac: string;
  readonly source: string;
  /** Of the same IP version as the source. */
  readonly target: string;
  /** The UDP port it goes to; 0: it is GRE. */
  readonly port: number;
}

/** @param token 16 bytes */
export function trialFrame(a: TrialAddresses, token: Uint8Array): Uint8Array {
  const source = new Uint8Array(16);
  const target = new Uint8Array(16);
  parseAddress(a.source, source, 0);
  const version = parseAddress(a.target, target, 0);
  const ip = ETHERNET_LENGTH;
  const header = version === 4 ? IPV4_BASE_LENGTH : IPV6_LENGTH;
  const udp = a.port === 0 ? 0 : UDP_LENGTH;
  const payload = udp + TRIAL_LENGTH;
  const protocol = a.port === 0 ? IpProtocol.Gre : IpProtocol.Udp;
  const b = new Uint8Array(ip + header + payload);
  parseMac(a.toMac, b, 0);
  parseMac(a.fromMac, b, 6);
  setU16(b, 12, version === 4 ? EtherType.Ipv4 : EtherType.Ipv6);
  if (version === 4) {
    const h = new Ipv4Header();
    const view = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(12);
    h.totalLength = header + payload;
    h.protocol = protocol;
    h.source = view(source);
    h.destination = view(target);
    emitIpv4(h, b, ip);
    setIpv4Checksum(b, ip);
  } else {
    b[ip] = 0x60;
    setU16(b, ip + 4, payload);
    b[ip + 6] = protocol;
    b[ip + 7] = HOP_LIMIT;
    b.set(source, ip + 8);
    b.set(target, ip + 24);
  }
  // Without a checksum, as mirrors come.
  if (udp > 0) {
    setU16(b, ip + header, TRIAL_PORT);
    setU16(b, ip + header + 2, a.port);
    setU16(b, ip + header + 4, payload);
  }
  emitTrial(b, ip + header + udp, token);
  return b;
}
