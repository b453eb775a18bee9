/** Whether mirrors arrive of inputs that are not listed: the doctor listens for a second. */

import { attachFilter } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { inputFilter } from '../linux/input-filter.js';
import { interfaceIndex, interfaceType } from '../linux/interface.js';
import { bindRing, openPacketSocket, type RingShape, setUpRing } from '../linux/packet-socket.js';
import { POLLIN, PollSet } from '../linux/poll.js';
import { closeSocket } from '../linux/socket.js';
import { type Inputs, UDP_INPUT_KINDS, UDP_INPUT_PORTS, unlistedPorts } from '../model/inputs.js';
import { type Finding, poor } from './finding.js';

const LISTEN_MS = 1000;
const ARPHRD_ETHER = 1;
/** The smallest ring possible; nobody reads it. */
const SHAPE: RingShape = { blockSize: 1 << 16, blocks: 4, retireMs: 10 };

interface Ear {
  readonly name: string;
  /** 0: GRE. */
  readonly port: number;
  readonly fd: number;
}

/** @param names interfaces by which mirrors may arrive; others than Ethernet are left out */
export function unlistedFindings(inputs: Inputs, names: readonly string[]): Finding[] {
  const ports = [...(inputs.gre ? [] : [0]), ...unlistedPorts(inputs)];
  const ears: Ear[] = [];
  try {
    for (const name of names.filter((n) => interfaceIndex(n) > 0 && interfaceType(n) === ARPHRD_ETHER))
      for (const port of ports) ears.push({ name, port, fd: earOn(name, port) });
    const heard = hear(ears);
    return names.flatMap((name) => findingOf(inputs, name, heard));
  } catch (e) {
    // Another finding says what privileges are missing.
    if (e instanceof LinuxError) return [];
    throw e;
  } finally {
    for (const { fd } of ears) closeSocket(fd);
  }
}

function earOn(name: string, port: number): number {
  const fd = openPacketSocket();
  try {
    setUpRing(fd, SHAPE);
    bindRing(fd, interfaceIndex(name), name);
    attachFilter(fd, inputFilter(true, { gre: port === 0, udp: port === 0 ? [] : [port] }));
    return fd;
  } catch (e) {
    closeSocket(fd);
    throw e;
  }
}

/** @returns those to which something came */
function hear(ears: readonly Ear[]): Ear[] {
  const polls = new PollSet(ears.length);
  for (const { fd } of ears) polls.add(fd, POLLIN);
  const heard = new Set<Ear>();
  for (const end = Date.now() + LISTEN_MS; heard.size < ears.length; ) {
    const left = end - Date.now();
    if (left <= 0) break;
    polls.wait(left);
    for (const [i, ear] of ears.entries()) {
      if (heard.has(ear) || polls.events(i) === 0) continue;
      heard.add(ear);
      // Once is enough.
      polls.set(i, -1, 0);
    }
  }
  return [...heard];
}

function findingOf(inputs: Inputs, name: string, heard: readonly Ear[]): Finding[] {
  const ports = heard.filter((ear) => ear.name === name).map(({ port }) => port);
  if (ports.length === 0) return [];
  const words = ports.map(wordOf);
  const listed = [...(inputs.gre ? ['gre'] : []), ...inputs.udp.map(({ kind, port }) => `${kind}:${port}`)];
  const option = [...listed, ...ports.flatMap((port) => kindOf(port) ?? [])].map((w) => `--input ${w}`);
  return [
    poor(
      `${name} unlisted`,
      `${words.join(' and ')} arrives, and is not among the inputs: if it is a mirror, it is not read`,
      `mirrorlake collect ${option.join(' ')}`,
    ),
  ];
}

function kindOf(port: number): string | undefined {
  return port === 0 ? 'gre' : UDP_INPUT_KINDS.find((kind) => UDP_INPUT_PORTS[kind] === port);
}

function wordOf(port: number): string {
  return port === 0 ? 'GRE' : `UDP to ${port} (${kindOf(port) ?? 'GRE in DTLS, which cannot be read'})`;
}
