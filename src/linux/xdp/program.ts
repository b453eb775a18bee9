/**
 * The XDP program of one interface. What carries mirrored traffic it redirects to AF_XDP sockets, one per
 * queue and worker, with the time in front; everything else it passes on: what is none, what a tunnel of this
 * host takes, fragments, and what comes from where fragments come from, so that large and small packets of a
 * mirror stay in order. The ring takes what of that it would have taken.
 */
import type { UdpInput } from '../../model/inputs.js';
import { ANSWER, addClassic, END, PROTOCOL, START } from '../ebpf/from-classic.js';
import {
  add,
  addressOfValue,
  addTo,
  and,
  atomicAdd64,
  call,
  copy,
  copy32,
  EbpfProgram,
  EXIT,
  load8,
  load32,
  load64,
  mapOf,
  modulo32,
  multiply,
  R0,
  R1,
  R2,
  R3,
  R6,
  R7,
  R8,
  R9,
  R10,
  set,
  shiftLeft,
  store8,
  store64,
} from '../ebpf/program.js';
import { fanoutByInnerAddresses, inputFilter } from '../input-filter.js';
import {
  ADDRESS_SLOTS,
  addressSlot,
  addressSlotOf,
  DEEP,
  etherType,
  isFragment,
  networkHeader,
  OFFSET,
} from './questions.js';

// Helpers (linux/bpf.h).
const KTIME_GET_NS = 5;
const REDIRECT_MAP = 51;
const ADJUST_META = 54;
const XDP_PASS = 2;
// struct xdp_md.
const [DATA, DATA_END, DATA_META, RX_QUEUE] = [0, 4, 8, 16];

/** Bytes in front of every packet in a socket's memory: the kernel's monotonic time, nanoseconds. */
export const TIME_LENGTH = 8;

/**
 * The memory that the program and the collector share: words of 64 bits, tables of bytes with one for each
 * slot of an address (addressSlotOf), and a count for each socket.
 */
const ZERO = 0;
const ADMITS = 8;
const HAS_TARGETS = 16;
const FRAGMENT_SOURCES = 64;
/** Behind the former: the program looks at both. */
const TUNNEL_SOURCES = FRAGMENT_SOURCES + ADDRESS_SLOTS;
const TUNNEL_TARGETS = TUNNEL_SOURCES + ADDRESS_SLOTS;
const PACKETS = TUNNEL_TARGETS + ADDRESS_SLOTS;
/** Counts are cache lines apart, because processors write them. */
const COUNT_SHIFT = 6;
export const stateLength = (sockets: number): number => PACKETS + (sockets << COUNT_SHIFT);

/** The outer addresses of what a tunnel takes; without any it takes what nobody else does. */
export interface TunnelEnds {
  /** 4 or 16 bytes. */
  readonly remote: Uint8Array | undefined;
  readonly local: Uint8Array | undefined;
}

/** That memory, as the collector sees it. */
export class XdpState {
  private readonly words: BigUint64Array;
  private readonly bytes: Uint8Array;

  /** @param sockets one for each queue and worker */
  constructor(
    buffer: ArrayBuffer,
    private readonly sockets: number,
  ) {
    this.words = new BigUint64Array(buffer, 0, stateLength(sockets) / 8);
    this.bytes = new Uint8Array(buffer);
  }

  /** Whether packets are redirected; until then all are passed. */
  admit(admits: boolean): void {
    Atomics.store(this.words, ADMITS / 8, admits ? 1n : 0n);
  }

  /** Passes what comes from the far ends of tunnels, and to the near ends of those that have no far end. */
  setTunnels(tunnels: readonly TunnelEnds[]): void {
    const sources = this.bytes.subarray(TUNNEL_SOURCES, TUNNEL_SOURCES + ADDRESS_SLOTS);
    const targets = this.bytes.subarray(TUNNEL_TARGETS, TUNNEL_TARGETS + ADDRESS_SLOTS);
    const far = new Set(tunnels.flatMap(({ remote }) => (remote ? [addressSlot(remote)] : [])));
    const near = new Set(
      tunnels.flatMap(({ remote, local }) => (local && !remote ? [addressSlot(local)] : [])),
    );
    // Set first, so that no packet of a tunnel is redirected meanwhile.
    for (const slot of far) sources[slot] = 1;
    for (const slot of near) targets[slot] = 1;
    this.words[HAS_TARGETS / 8] = near.size > 0 ? 1n : 0n;
    for (let slot = 0; slot < ADDRESS_SLOTS; slot++) {
      if (sources[slot] === 1 && !far.has(slot)) sources[slot] = 0;
      if (targets[slot] === 1 && !near.has(slot)) targets[slot] = 0;
    }
  }

  /** Packets redirected so far, including those that the sockets dropped. */
  get packets(): number {
    let sum = 0;
    for (let i = 0; i < this.sockets; i++) sum += Number(this.words[(PACKETS + (i << COUNT_SHIFT)) / 8]);
    return sum;
  }

  /** Forgets where fragments came from. */
  forgetFragments(): void {
    this.bytes.fill(0, FRAGMENT_SOURCES, FRAGMENT_SOURCES + ADDRESS_SLOTS);
  }
}

export interface XdpProgramOptions {
  readonly gre: boolean;
  /** Those of the listed ports that nobody else has. */
  readonly udp: readonly UdpInput[];
  readonly queues: number;
  readonly workers: number;
  /** Descriptors of maps: {@link XdpState}; the sockets, by queue * workers + worker. */
  readonly state: number;
  readonly sockets: number;
}

/** The program, as struct bpf_insn. */
export function xdpProgram({ gre, udp, queues, workers, state, sockets }: XdpProgramOptions): Uint8Array {
  const p = new EbpfProgram();
  p.do(copy(R6, R1), ...addressOfValue(R9, state), load64(R1, R9, ADMITS)).when(R1, 'equal', 0, 'pass');
  p.do(load64(R9, R9, ZERO), load32(START, R6, DATA), load32(END, R6, DATA_END));
  addClassic(p, networkHeader(), 'link');
  // From now on the verifier takes it for any number: packets with and without tags are one case.
  p.do(addTo(ANSWER, R9)).when(ANSWER, 'equal', 0, 'pass').do(copy32(R9, ANSWER));
  p.do(and(ANSWER, OFFSET), addTo(START, ANSWER));
  addClassic(p, inputFilter(false, { gre, udp: udp.map(({ port }) => port) }), 'input');
  p.when(ANSWER, 'equal', 0, 'pass');
  slotIn(p, state, 'source', FRAGMENT_SOURCES, 'source');
  p.do(load8(R2, R1, 0))
    .when(R2, 'unequal', 0, 'pass')
    .do(add(R1, ADDRESS_SLOTS), load8(R2, R1, 0));
  p.when(R2, 'unequal', 0, 'pass');
  p.do(...addressOfValue(R1, state), load64(R1, R1, HAS_TARGETS)).when(R1, 'equal', 0, 'no targets');
  slotIn(p, state, 'target', TUNNEL_TARGETS, 'target');
  p.do(load8(R1, R1, 0)).when(R1, 'unequal', 0, 'pass');
  p.label('no targets');
  addClassic(p, isFragment(), 'fragment');
  p.when(ANSWER, 'equal', 0, 'ours');
  slotIn(p, state, 'source', FRAGMENT_SOURCES, 'its source');
  p.do(set(R2, 1), store8(R1, R2, 0)).goto('pass');

  p.label('ours').do(set(ANSWER, 0));
  if (workers > 1) {
    p.when(R9, 'atLeast', DEEP, 'chosen');
    addClassic(p, etherType(), 'type');
    p.do(store64(R10, ANSWER, PROTOCOL));
    addClassic(p, fanoutByInnerAddresses(false, udp), 'fanout');
    p.do(modulo32(ANSWER, workers)).label('chosen');
  }
  p.do(load32(R8, R6, RX_QUEUE)).when(R8, 'atLeast', queues, 'pass');
  p.do(multiply(R8, workers), addTo(R8, R7)).when(R8, 'atLeast', queues * workers, 'pass');
  p.do(call(KTIME_GET_NS), copy(R9, R0));
  p.do(copy(R1, R6), set(R2, -TIME_LENGTH), call(ADJUST_META)).when(R0, 'unequal', 0, 'pass');
  p.do(load32(R1, R6, DATA_META), load32(R2, R6, DATA), copy(R3, R1), add(R3, TIME_LENGTH));
  p.whenRegister(R3, 'above', R2, 'pass').do(store64(R1, R9, 0));
  p.do(
    ...addressOfValue(R1, state),
    copy(R2, R8),
    shiftLeft(R2, COUNT_SHIFT),
    addTo(R1, R2),
    add(R1, PACKETS),
  );
  p.do(set(R2, 1), atomicAdd64(R1, R2, 0));
  p.do(...mapOf(R1, sockets), copy(R2, R8), set(R3, XDP_PASS), call(REDIRECT_MAP), EXIT);
  p.label('pass').do(set(R0, XDP_PASS), EXIT);
  return p.assemble();
}

/** Sets r1 to the byte of an address in a table. */
function slotIn(
  p: EbpfProgram,
  state: number,
  which: 'source' | 'target',
  table: number,
  name: string,
): void {
  addClassic(p, addressSlotOf(which), name);
  p.do(...addressOfValue(R1, state), and(ANSWER, ADDRESS_SLOTS - 1), addTo(R1, ANSWER), add(R1, table));
}
