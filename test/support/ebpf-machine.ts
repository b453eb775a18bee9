/**
 * An eBPF machine (Documentation/bpf/standardization/instruction-set.rst) with what XDP programs of ours use.
 * It tests programs without a kernel, and does not verify them.
 */

/** Memory that a program may use, from an address on. */
interface Region {
  readonly at: bigint;
  readonly bytes: Uint8Array;
}

const STACK_END = 0x2000n;
const CONTEXT = 0x3000n;
const PACKET = 0x10_0000n;
const HEADROOM = 256;
/** Where the value of the map with this descriptor is. */
const mapAt = (fd: number): bigint => 0x1000_0000n * BigInt(1 + fd);

const U64 = (1n << 64n) - 1n;
const U32 = (1n << 32n) - 1n;
/** Sizes of memory accesses, by bits of the opcode. */
const SIZES = new Map([
  [0x00, 4],
  [0x08, 2],
  [0x10, 1],
  [0x18, 8],
]);
// Helpers (linux/bpf.h).
const [KTIME_GET_NS, REDIRECT_MAP, ADJUST_META] = [5, 51, 54];

export interface XdpRun {
  /** What the program returned. */
  readonly action: number;
  /** The index in a map of sockets that the packet was redirected to. */
  readonly redirected: number | undefined;
  /** What the program put in front of the packet. */
  readonly meta: Uint8Array;
}

export interface XdpMachineOptions {
  /** struct bpf_insn, host byte order. */
  readonly program: Uint8Array;
  /** Values of array maps, by descriptor. */
  readonly maps: ReadonlyMap<number, Uint8Array>;
  /** The kernel's monotonic time, nanoseconds. */
  readonly time: bigint;
  readonly queue: number;
}

/** Runs an XDP program over a packet. @throws RangeError for an access beyond what it was given */
export function runXdp(packet: Uint8Array, { program, maps, time, queue }: XdpMachineOptions): XdpRun {
  const memory = new Uint8Array(HEADROOM + packet.length);
  memory.set(packet, HEADROOM);
  const data = PACKET + BigInt(HEADROOM);
  const context = new DataView(new ArrayBuffer(24));
  context.setUint32(0, Number(data), true);
  context.setUint32(4, Number(data) + packet.length, true);
  context.setUint32(8, Number(data), true);
  context.setUint32(16, queue, true);
  let redirected: number | undefined;
  const helpers = new Map<number, (registers: BigUint64Array) => bigint>([
    [KTIME_GET_NS, () => time],
    [
      REDIRECT_MAP,
      (r) => {
        redirected = Number(r[2]);
        return 4n;
      },
    ],
    [
      ADJUST_META,
      (r) => {
        context.setUint32(8, context.getUint32(8, true) + Number(BigInt.asIntN(32, r[2])), true);
        return 0n;
      },
    ],
  ]);
  const regions: Region[] = [
    { at: CONTEXT, bytes: new Uint8Array(context.buffer) },
    { at: PACKET, bytes: memory },
    ...[...maps].map(([fd, bytes]) => ({ at: mapAt(fd), bytes })),
  ];
  const action = Number(run(program, regions, [0n, CONTEXT], helpers));
  const from = context.getUint32(8, true) - Number(PACKET);
  return { action, redirected, meta: memory.subarray(from, HEADROOM) };
}

/**
 * Runs a program.
 *
 * @param given the first registers
 * @returns r0
 */
export function run(
  program: Uint8Array,
  regions: readonly Region[],
  given: readonly bigint[],
  helpers: ReadonlyMap<number, (registers: BigUint64Array) => bigint> = new Map(),
): bigint {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const r = new BigUint64Array(11);
  r.set(given);
  r[10] = STACK_END;
  const stack = { at: STACK_END - 512n, bytes: new Uint8Array(512) };
  const at = (address: bigint, size: number): DataView => {
    const region = [stack, ...regions].find(
      ({ at: from, bytes }) => address >= from && address + BigInt(size) <= from + BigInt(bytes.length),
    );
    if (region === undefined) throw new RangeError(`${size} bytes at 0x${address.toString(16)} are nobody's`);
    const { buffer, byteOffset } = region.bytes;
    return new DataView(buffer, byteOffset + Number(address - region.at), size);
  };
  for (let pc = 0; ; pc++) {
    const op = code.getUint8(pc * 8);
    const [dst, src] = [code.getUint8(pc * 8 + 1) & 15, code.getUint8(pc * 8 + 1) >> 4];
    const offset = code.getInt16(pc * 8 + 2, true);
    const imm = code.getInt32(pc * 8 + 4, true);
    const size = SIZES.get(op & 0x18)!;
    const operand = (op & 0x08) !== 0 ? r[src] : BigInt.asUintN(64, BigInt(imm));
    switch (op & 7) {
      case 0:
        // A constant of 64 bits, or where a map's value is.
        r[dst] = src === 2 ? mapAt(imm) : BigInt.asUintN(32, BigInt(imm));
        pc++;
        break;
      case 1:
        r[dst] = read(at(r[src] + BigInt(offset), size));
        break;
      case 3: {
        const place = at(r[dst] + BigInt(offset), size);
        write(place, (op & 0xe0) === 0xc0 ? read(place) + r[src] : r[src]);
        break;
      }
      case 4:
        r[dst] = alu(op, r[dst] & U32, operand & U32, imm) & U32;
        break;
      case 7:
        r[dst] = alu(op, r[dst], operand, imm);
        break;
      case 5:
      case 6: {
        if (op === 0x95) return r[0];
        if (op === 0x85) {
          const helper = helpers.get(imm);
          if (helper === undefined) throw new RangeError(`helper ${imm} is not there`);
          r[0] = helper(r);
          // What a call may overwrite.
          r.fill(0xdead_beefn, 1, 6);
          break;
        }
        const mask = (op & 7) === 6 ? U32 : U64;
        if (jumps(op & 0xf0, r[dst] & mask, operand & mask)) pc += offset;
        break;
      }
      default:
        throw new RangeError(`opcode 0x${op.toString(16)} is not there`);
    }
  }
}

function jumps(kind: number, a: bigint, b: bigint): boolean {
  if (kind === 0x00) return true;
  if (kind === 0x10) return a === b;
  if (kind === 0x20) return a > b;
  if (kind === 0x30) return a >= b;
  if (kind === 0x40) return (a & b) !== 0n;
  if (kind === 0x50) return a !== b;
  throw new RangeError(`jump 0x${kind.toString(16)} is not there`);
}

function alu(op: number, a: bigint, b: bigint, imm: number): bigint {
  const shift = b & ((op & 7) === 7 ? 63n : 31n);
  switch (op & 0xf0) {
    case 0x00:
      return a + b;
    case 0x20:
      return a * b;
    case 0x50:
      return a & b;
    case 0x60:
      return a << shift;
    case 0x70:
      return a >> shift;
    case 0x90:
      return b === 0n ? a : a % b;
    case 0xa0:
      return a ^ b;
    case 0xb0:
      return b;
    case 0xd0:
      return swapped(a, imm);
    default:
      throw new RangeError(`operation 0x${op.toString(16)} is not there`);
  }
}

function swapped(value: bigint, bits: number): bigint {
  let to = 0n;
  for (let i = 0; i < bits; i += 8) to = (to << 8n) | ((value >> BigInt(i)) & 0xffn);
  return to;
}

function read(view: DataView): bigint {
  if (view.byteLength === 8) return view.getBigUint64(0, true);
  if (view.byteLength === 4) return BigInt(view.getUint32(0, true));
  return BigInt(view.byteLength === 2 ? view.getUint16(0, true) : view.getUint8(0));
}

function write(view: DataView, value: bigint): void {
  if (view.byteLength === 8) view.setBigUint64(0, BigInt.asUintN(64, value), true);
  else if (view.byteLength === 4) view.setUint32(0, Number(value & U32), true);
  else if (view.byteLength === 2) view.setUint16(0, Number(value & 0xffffn), true);
  else view.setUint8(0, Number(value & 0xffn));
}
