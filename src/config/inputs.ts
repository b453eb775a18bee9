/** Parses `inputs` and `--input`. */
import {
  GRE_DTLS_PORT,
  type Inputs,
  UDP_INPUT_KINDS,
  UDP_INPUT_PORTS,
  type UdpInput,
  type UdpInputKind,
} from '../model/inputs.js';
import { MOST_UDP_INPUTS } from './bounds.js';

export const INPUT_WORDS = `gre, or KIND[:PORT], KIND one of ${UDP_INPUT_KINDS.join(', ')}`;

/** `gre`, `vxlan`, `vxlan:8472`; otherwise what is wrong with it. */
export function parseInput(text: string): 'gre' | UdpInput | string {
  if (text === 'gre') return 'gre';
  const [word, port, ...more] = text.split(':');
  if (!isKind(word)) return `"${text}" is no input: write ${INPUT_WORDS}`;
  if (port === undefined) return { kind: word, port: UDP_INPUT_PORTS[word] };
  const n = Number(port);
  if (more.length > 0 || !/^\d{1,5}$/.test(port) || n < 1 || n > 65535)
    return `"${text}": a UDP port is a number from 1 to 65535`;
  if (n === GRE_DTLS_PORT && word === 'gre-udp')
    return `"${text}": ${GRE_DTLS_PORT} is GRE in DTLS (RFC 8086), which is encrypted: take another port`;
  return { kind: word, port: n };
}

/** The whole list: `parts` parsed, and interfaces; otherwise what is wrong with it. */
export function inputsOf(parts: readonly ('gre' | UdpInput)[], span: readonly string[]): Inputs | string {
  const udp: UdpInput[] = [];
  let gre = false;
  for (const part of parts) {
    if (part === 'gre') {
      gre = true;
      continue;
    }
    const other = udp.find((u) => u.port === part.port);
    if (other?.kind === part.kind) continue;
    if (other !== undefined)
      return `UDP port ${part.port} is both ${other.kind} and ${part.kind}: give one of them another port`;
    udp.push(part);
  }
  if (udp.length > MOST_UDP_INPUTS) return `these are ${udp.length} UDP ports: ${MOST_UDP_INPUTS} at most`;
  return { gre, udp, span: [...new Set(span)] };
}

/** What is wrong with `inputs`, given the rest of the configuration. */
export function inputMistakes(config: {
  readonly inputs: Inputs;
  readonly hardware_time: { readonly marker_port?: number | undefined };
}): { readonly path: string[]; readonly message: string }[] {
  const { marker_port: port } = config.hardware_time;
  const taken = config.inputs.udp.find((u) => u.port === port);
  if (taken === undefined) return [];
  const message = `UDP port ${port} is that of ${taken.kind} among inputs: give one of them another port`;
  return [{ path: ['hardware_time', 'marker_port'], message }];
}

function isKind(word: string | undefined): word is UdpInputKind {
  return UDP_INPUT_KINDS.some((k) => k === word);
}
