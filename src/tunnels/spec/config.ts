/**
 * What a tunnel is: the parameters of `ip tunnel add` and `ip link add … type gre`, and those of its device.
 */
import { MirrorlakeError } from '../../model/errors.js';
import { isAny, isMulticast } from './address.js';

export const TUNNEL_MODES = ['gre', 'gretap', 'erspan', 'ip6gre', 'ip6gretap', 'ip6erspan'] as const;
export type TunnelMode = (typeof TUNNEL_MODES)[number];

/** Linux: IPV6_DEFAULT_TNL_ENCAP_LIMIT (RFC 2473 section 6.6). */
export const DEFAULT_ENCAP_LIMIT = 4;

/** iproute2's DEFAULT_TNL_HOP_LIMIT, of the ip6 modes; over IPv4 the inner TTL is inherited. */
export const DEFAULT_HOP_LIMIT = 64;

/** Plain data, which can be compared and passed to a worker. */
export interface TunnelConfig {
  /** The device's name. */
  readonly name: string;
  readonly mode: TunnelMode;
  /** 4 bytes, or 16 for the ip6 modes; all zero: any. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /**
   * The interface that outer packets leave through, and whose tunnels are preferred on receipt; null: any.
   */
  readonly dev: string | null;
  /** Keys of received and sent packets, null for none. For ERSPAN: the session id, 0 to 1023. */
  readonly ikey: number | null;
  readonly okey: number | null;
  readonly icsum: boolean;
  readonly ocsum: boolean;
  readonly iseq: boolean;
  readonly oseq: boolean;
  /** Outer TTL or hop limit, 1 to 255; 0: the inner packet's. */
  readonly ttl: number;
  /**
   * Outer TOS or traffic class; with `tosInherit` the inner packet's, and this one for frames that are not
   * IP.
   */
  readonly tos: number;
  readonly tosInherit: boolean;
  /** Sets DF in outer IPv4 packets; otherwise the inner packet's DF is copied (unless `ignoreDf`). */
  readonly pmtudisc: boolean;
  readonly ignoreDf: boolean;
  /** RFC 2473's tunnel encapsulation limit in a destination option, ip6 modes; null: not sent. */
  readonly encapLimit: number | null;
  /** IPv6 flow label, 20 bits; with `flowLabelInherit` the inner IPv6 packet's. */
  readonly flowLabel: number;
  readonly flowLabelInherit: boolean;
  /** Copies the outer DSCP to the inner packet on the way in, ip6 modes (`dscp inherit`). */
  readonly dscpInherit: boolean;
  /** SO_MARK of outer packets, 0 for none. */
  readonly fwmark: number;
  /** The kernel's numbers: 0 is ERSPAN type I, 1 type II, 2 type III. */
  readonly erspanVersion: 0 | 1 | 2;
  /** Type II index, 20 bits. */
  readonly erspanIndex: number;
  /** Type III: 0 ingress, 1 egress; and the hardware id, 6 bits. */
  readonly erspanDirection: 0 | 1;
  readonly erspanHardware: number;
  /** Cisco keepalives: one every `seconds`; the carrier is lost after `retries` unanswered ones. */
  readonly keepalive: { readonly seconds: number; readonly retries: number } | null;
  /** `ADDRESS/PREFIX` of the device. */
  readonly addresses: readonly string[];
  /** `PREFIX [via ADDRESS] [metric N] …`: the words of `ip route add`, without the device. */
  readonly routes: readonly string[];
  /** MTU of the device; null: the path's MTU less the headers. */
  readonly mtu: number | null;
  /** Keeps the device when mirrorlake ends. */
  readonly persist: boolean;
  /** Also decodes the tunnel's packets into sessions. */
  readonly observe: boolean;
}

/**
 * A tunnel that cannot be; `word` is the word of the specification, or the key of the file, that is to blame.
 */
export class TunnelConfigError extends MirrorlakeError {
  override readonly name = 'TunnelConfigError';

  constructor(
    readonly word: string,
    message: string,
  ) {
    super(message, 'TUNNEL', { exitCode: 2 });
  }
}

export function isIpv6Mode(mode: TunnelMode): boolean {
  return mode.startsWith('ip6');
}

/** Whether the device is a TAP device: it carries Ethernet frames (Linux: dev->type ARPHRD_ETHER). */
export function isEthernetMode(mode: TunnelMode): boolean {
  return mode !== 'gre' && mode !== 'ip6gre';
}

export function isErspanMode(mode: TunnelMode): boolean {
  return mode === 'erspan' || mode === 'ip6erspan';
}

/** A tunnel of this mode with the defaults of iproute2 and the kernel: any to any, no key, DF. */
export function defaultTunnel(name: string, mode: TunnelMode): TunnelConfig {
  const length = isIpv6Mode(mode) ? 16 : 4;
  return {
    name,
    mode,
    local: new Uint8Array(length),
    remote: new Uint8Array(length),
    dev: null,
    ikey: null,
    okey: null,
    icsum: false,
    ocsum: false,
    iseq: false,
    oseq: false,
    ttl: isIpv6Mode(mode) ? DEFAULT_HOP_LIMIT : 0,
    tos: 0,
    tosInherit: false,
    pmtudisc: true,
    ignoreDf: false,
    encapLimit: isIpv6Mode(mode) ? DEFAULT_ENCAP_LIMIT : null,
    flowLabel: 0,
    flowLabelInherit: false,
    dscpInherit: false,
    fwmark: 0,
    erspanVersion: 1,
    erspanIndex: 0,
    erspanDirection: 0,
    erspanHardware: 0,
    keepalive: null,
    addresses: [],
    routes: [],
    mtu: null,
    persist: false,
    observe: false,
  };
}

/**
 * Refuses what the kernel refuses (ipgre_tunnel_validate, erspan_validate, ipgre_netlink_parms).
 *
 * @throws TunnelConfigError
 */
export function checkTunnel(t: TunnelConfig): void {
  const fail = (word: string, message: string): never => {
    throw new TunnelConfigError(word, `tunnel ${t.name}: ${message}`);
  };
  const length = new TextEncoder().encode(t.name).length;
  if (length === 0 || length > 15 || /[\s/:]/.test(t.name) || t.name === '.' || t.name === '..') {
    fail('name', `"${t.name}" cannot be a device name: 1 to 15 bytes, without spaces, "/" and ":"`);
  }
  const family = isIpv6Mode(t.mode) ? 16 : 4;
  for (const word of ['local', 'remote'] as const) {
    if (t[word].length !== family) {
      fail(word, `${word} is not an IPv${family === 4 ? 4 : 6} address, which mode ${t.mode} needs`);
    }
  }
  if (isMulticast(t.local)) fail('local', 'local cannot be a multicast address');
  if (isMulticast(t.remote) && isAny(t.local)) fail('remote', 'a multicast remote needs a local address');
  if (t.ttl !== 0 && !t.pmtudisc && !isIpv6Mode(t.mode)) {
    fail(
      'nopmtudisc',
      'a fixed ttl and nopmtudisc exclude each other (a loop would never end); use ttl inherit',
    );
  }
  if (t.ignoreDf && t.pmtudisc) fail('ignore-df', 'ignore-df needs nopmtudisc');
  if (isErspanMode(t.mode)) checkErspan(t, fail);
}

function checkErspan(t: TunnelConfig, fail: (word: string, message: string) => never): void {
  if (t.icsum || t.ocsum) fail('csum', 'ERSPAN has no checksum');
  if (t.erspanVersion === 0) {
    if (isIpv6Mode(t.mode)) fail('erspan_ver', 'ERSPAN type I (erspan_ver 0) does not exist over IPv6');
    if (t.ikey !== null || t.okey !== null) fail('key', 'ERSPAN type I has no session id, so no key');
    if (t.iseq || t.oseq) fail('seq', 'ERSPAN type I has no sequence numbers');
    return;
  }
  for (const key of [t.ikey, t.okey]) {
    if (key === null) fail('key', 'ERSPAN needs a key, its session id (0 to 1023)');
    if (key! > 1023) fail('key', `key ${key} is not an ERSPAN session id: 0 to 1023`);
  }
  if (!t.iseq || !t.oseq) fail('seq', `ERSPAN type ${t.erspanVersion === 1 ? 'II' : 'III'} needs seq`);
}
