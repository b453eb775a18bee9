/** Parses `inputs` and `--input`. */
import {
  GRE_DTLS_PORT,
  type Inputs,
  UDP_INPUT_KINDS,
  UDP_INPUT_PORTS,
  type UdpInput,
  type UdpInputKind,
} from '../model/inputs.js';

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
  return { gre, udp, span: [...new Set(span)] };
}

function isKind(word: string | undefined): word is UdpInputKind {
  return UDP_INPUT_KINDS.some((k) => k === word);
}
