/** The generator's captures (generate.ts), as benchmarks and senders use them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of captures and results. */
export const DATA = join(import.meta.dirname, 'data');

/**
 * The capture with this number of packets, generated if missing. @returns its path; PATH.json describes the
 * content
 */
export function generatedCapture(packets: number): string {
  const file = join(DATA, `${packets}.pcap`);
  if (existsSync(`${file}.json`)) return file;
  process.stderr.write(`generating ${file}\n`);
  mkdirSync(DATA, { recursive: true });
  const script = join(import.meta.dirname, 'generate.ts');
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    script,
    '--packets',
    String(packets),
    '--output',
    file,
  ];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exit(1);
  return file;
}

export interface Capture {
  readonly bytes: Buffer;
  /** The position of each packet in `bytes`. */
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** @param longest truncates packets to so many bytes @param mac the packets' new destination */
export function readCapture(path: string, longest: number, mac?: string): Capture {
  // The generator writes classic pcap in this machine's byte order: each packet has a header of 16 bytes.
  const bytes = readFileSync(path);
  const offsets: number[] = [];
  const lengths: number[] = [];
  const destination = mac?.split(':').map((h) => Number.parseInt(h, 16));
  for (let o = 24; o + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(o + 8);
    offsets.push(o + 16);
    lengths.push(Math.min(length, longest));
    if (destination !== undefined) bytes.set(destination, o + 16);
    o += 16 + length;
  }
  return { bytes, offsets, lengths };
}

/**
 * The offsets, from the packet's start at `o`, of one byte of its inner source address (bits 0 to 7) and of
 * the same byte of its inner destination address (bits 8 to 15); 0 without addresses. Knows the generator's
 * encapsulations, all over IPv4.
 */
export function innerAddresses(bytes: Buffer, o: number): number {
  const gre = o + 14 + 20;
  const flags = bytes[gre];
  const protocol = bytes.readUInt16BE(gre + 2);
  const optional = [0x80, 0x20, 0x10].filter((bit) => (flags & bit) !== 0).length * 4;
  let at = gre + 4 + optional + (protocol === 0x88be && (flags & 0x10) !== 0 ? 8 : 0) + 12;
  while (bytes.readUInt16BE(at) === 0x8100) at += 4;
  const type = bytes.readUInt16BE(at);
  const ip = at + 2 - o;
  if (type === 0x0800) return (ip + 13) | ((ip + 17) << 8);
  if (type === 0x86dd) return (ip + 13) | ((ip + 29) << 8);
  return 0;
}
