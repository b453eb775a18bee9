/** A classic BPF machine, as in Documentation/networking/filter.rst. It tests programs without a kernel. */

/** Thrown for a program that the kernel would refuse to load. */
class BadProgram extends Error {}

/**
 * Runs a program (struct sock_filter, host byte order) over a packet.
 *
 * @param protocol skb->protocol, for the ancillary load.
 * @param random what the ancillary load of a random number gives.
 * @returns the program's result; 0 after a load beyond the packet's end.
 */
export function runBpf(program: Uint8Array, packet: Uint8Array, protocol = 0, random = 1): number {
  const code = new DataView(program.buffer, program.byteOffset, program.length);
  const data = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const memory = new Uint32Array(16);
  let a = 0;
  let x = 0;
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const op = code.getUint16(pc * 8, true);
    const [jt, jf] = [program[pc * 8 + 2], program[pc * 8 + 3]];
    const k = code.getUint32(pc * 8 + 4, true);
    const size = { 0: 4, 8: 2, 16: 1 }[op & 0x18] as number;
    const load = (at: number): number | undefined => {
      if (at + size > packet.length) return undefined;
      return size === 4 ? data.getUint32(at) : size === 2 ? data.getUint16(at) : data.getUint8(at);
    };
    switch (op & 0x07) {
      case 0: {
        // LD: immediate, absolute (with ancillary data), indirect, memory.
        const mode = op & 0xe0;
        let value: number | undefined;
        if (mode === 0x00) value = k;
        else if (mode === 0x60) value = memory[k];
        else if (mode === 0x20) value = k === 0xfffff000 ? protocol : k === 0xfffff038 ? random : load(k);
        else if (mode === 0x40) value = load((x + k) >>> 0);
        else throw new BadProgram(`load mode ${mode}`);
        if (value === undefined) return 0;
        a = value;
        break;
      }
      case 1: {
        const mode = op & 0xe0;
        if (mode === 0x00) x = k;
        else if (mode === 0x60) x = memory[k];
        else if (mode === 0xa0) {
          if (k >= packet.length) return 0;
          x = (packet[k] & 15) * 4;
        } else throw new BadProgram(`ldx mode ${mode}`);
        break;
      }
      case 2:
        memory[k] = a;
        break;
      case 3:
        memory[k] = x;
        break;
      case 4: {
        const other = (op & 0x08) !== 0 ? x : k;
        const kind = op & 0xf0;
        if (kind === 0x00) a = (a + other) >>> 0;
        else if (kind === 0x20) a = Math.imul(a, other) >>> 0;
        else if (kind === 0x50) a = (a & other) >>> 0;
        else if (kind === 0x60) a = (a << other) >>> 0;
        else if (kind === 0x70) a = a >>> other;
        else if (kind === 0xa0) a = (a ^ other) >>> 0;
        else throw new BadProgram(`alu ${kind}`);
        break;
      }
      case 5: {
        const kind = op & 0xf0;
        if (kind === 0x00) {
          pc += k;
          break;
        }
        const holds =
          kind === 0x10
            ? a === k
            : kind === 0x20
              ? a > k
              : kind === 0x30
                ? a >= k
                : kind === 0x40
                  ? (a & k) !== 0
                  : undefined;
        if (holds === undefined) throw new BadProgram(`jump ${kind}`);
        pc += holds ? jt : jf;
        break;
      }
      case 6:
        return (op & 0x18) === 0x10 ? a : k;
      case 7:
        if ((op & 0xf8) === 0) x = a;
        else a = x;
        break;
    }
  }
  throw new BadProgram('it runs off its end');
}
