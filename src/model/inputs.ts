/**
 * How mirrored traffic comes in: in GRE, in UDP to a listed port, or as an interface's own frames. What is
 * not listed is no mirror. This file loads nothing.
 */

/**
 * What may lie in UDP, with the port that each takes unless another is said:
 * VXLAN (RFC 7348), VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe), GENEVE (RFC 8926), GRE in UDP (RFC 8086), TZSP
 * (TaZmen Sniffer Protocol), Juniper's jmirror, HP's encapsulated remote mirroring.
 */
export const UDP_INPUT_PORTS = {
  vxlan: 4789,
  'vxlan-gpe': 4790,
  geneve: 6081,
  'gre-udp': 4754,
  tzsp: 37008,
  jmirror: 30030,
  erm: 7932,
} as const;
export type UdpInputKind = keyof typeof UDP_INPUT_PORTS;
export const UDP_INPUT_KINDS = Object.keys(UDP_INPUT_PORTS) as readonly UdpInputKind[];

/** GRE in DTLS in UDP (RFC 8086): encrypted. */
export const GRE_DTLS_PORT = 4755;

/** A UDP destination port, and what lies behind it. */
export interface UdpInput {
  readonly kind: UdpInputKind;
  readonly port: number;
}

export interface Inputs {
  /** IP protocol 47. */
  readonly gre: boolean;
  /** No port twice. */
  readonly udp: readonly UdpInput[];
  /** Interfaces whose own frames are the mirrored traffic. */
  readonly span: readonly string[];
}

/** What comes in unless `inputs` says otherwise. */
export const DEFAULT_INPUTS: Inputs = { gre: true, udp: [], span: [] };

/**
 * The well-known ports that are not listed: what comes to them may be a mirror that somebody forgot to list.
 */
export function unlistedPorts(inputs: Inputs): number[] {
  const known = [...Object.values(UDP_INPUT_PORTS), GRE_DTLS_PORT];
  return known.filter((port) => !inputs.udp.some((u) => u.port === port));
}

/** As `--input` says it: `vxlan`, `vxlan:8472`. */
export function inputWord({ kind, port }: UdpInput): string {
  return port === UDP_INPUT_PORTS[kind] ? kind : `${kind}:${port}`;
}

/** `vxlan:4789`. */
export function inputName({ kind, port }: UdpInput): string {
  return `${kind}:${port}`;
}

/** `GRE, vxlan:4789`; empty without either. */
export function inputWords({ gre, udp }: Inputs): string {
  return [...(gre ? ['GRE'] : []), ...udp.map(inputName)].join(', ');
}
