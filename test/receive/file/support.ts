/** Captures built byte by byte, in either byte order, and read back whole. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { PacketBatch } from '../../../src/model/batch.js';
import { type CaptureOptions, openCapture } from '../../../src/receive/file/capture.js';
import { CaptureError } from '../../../src/receive/file/capture-error.js';

export interface Packet {
  sec: number;
  nsec: number;
  data: string;
  length: number;
  linkType: number;
  interface: number;
}

export interface ReadResult {
  packets: Packet[];
  error: CaptureError | undefined;
  interfaces: readonly { name: string; description: string; linkType: number; snapLength: number }[];
}

/** Reads a capture to its end or to its damage. Rethrows any error but CaptureError. */
export async function readAll(path: string, options?: CaptureOptions): Promise<ReadResult> {
  const packets: Packet[] = [];
  const batch = new PacketBatch();
  let interfaces: ReadResult['interfaces'] = [];
  try {
    const source = await openCapture(path, options);
    interfaces = source.interfaces;
    try {
      while (await source.next(batch)) {
        for (let i = 0; i < batch.count; i++) {
          const o = batch.offset[i];
          packets.push({
            sec: batch.sec[i],
            nsec: batch.nsec[i],
            data: Buffer.from(batch.bytes.subarray(o, o + batch.captured[i])).toString('hex'),
            length: batch.length[i],
            linkType: batch.linkType[i],
            interface: batch.interface[i],
          });
        }
      }
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { packets, error, interfaces };
  }
  return { packets, error: undefined, interfaces };
}

/**
 * Expects these packets, and no error. The difference alone is left to Vitest, whose comparison of thousands
 * of packets takes long.
 */
export function expectWhole({ packets, error }: ReadResult, expected: readonly Packet[]): void {
  expect(error).toBeUndefined();
  expectPackets(packets, expected);
}

/** The same of packets that an error follows. */
export function expectPackets(packets: readonly Packet[], expected: readonly Packet[]): void {
  if (!isDeepStrictEqual(packets, expected)) expect(packets).toEqual(expected);
}

/** A directory for the captures of one test file. */
export class CaptureDirectory {
  private constructor(readonly path: string) {}

  static async make(): Promise<CaptureDirectory> {
    return new CaptureDirectory(await mkdtemp(join(tmpdir(), 'mirrorlake-capture-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, bytes: Uint8Array): Promise<string> {
    await writeFile(this.file(name), bytes);
    return this.file(name);
  }

  /** Writes the bytes to a file and reads it as a capture. */
  async read(bytes: Uint8Array, options?: CaptureOptions): Promise<ReadResult> {
    return readAll(await this.write('capture', bytes), options);
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }
}

/** Bytes in one byte order. */
export class Builder {
  private readonly parts: Buffer[] = [];

  constructor(readonly littleEndian: boolean) {}

  u16(v: number): this {
    const b = Buffer.alloc(2);
    if (this.littleEndian) b.writeUInt16LE(v);
    else b.writeUInt16BE(v);
    return this.raw(b);
  }

  u32(v: number): this {
    const b = Buffer.alloc(4);
    if (this.littleEndian) b.writeUInt32LE(v);
    else b.writeUInt32BE(v);
    return this.raw(b);
  }

  i64(v: bigint): this {
    const b = Buffer.alloc(8);
    if (this.littleEndian) b.writeBigInt64LE(v);
    else b.writeBigInt64BE(v);
    return this.raw(b);
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }

  padded(bytes: Uint8Array): this {
    return this.raw(bytes).raw(Buffer.alloc(-bytes.length & 3));
  }

  get length(): number {
    return this.parts.reduce((n, part) => n + part.length, 0);
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

export function pcapHeader(le: boolean, magic: number, linkType: number): Buffer {
  return new Builder(le).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(linkType).bytes();
}

export function pcapPacket(
  le: boolean,
  sec: number,
  fraction: number,
  data: Uint8Array,
  length = data.length,
): Buffer {
  return new Builder(le).u32(sec).u32(fraction).u32(data.length).u32(length).raw(data).bytes();
}

export function block(le: boolean, type: number, body: (b: Builder) => Builder): Buffer {
  const b = body(new Builder(le)).bytes();
  const length = 12 + b.length;
  return new Builder(le).u32(type).u32(length).raw(b).u32(length).bytes();
}

export function sectionHeader(le: boolean): Buffer {
  return block(le, 0x0a0d0d0a, (b) => b.u32(0x1a2b3c4d).u16(1).u16(0).i64(-1n));
}

export interface InterfaceOptions {
  snapLength?: number;
  name?: string;
  resolution?: number;
  offset?: bigint;
}

export function interfaceDescription(le: boolean, linkType: number, options: InterfaceOptions = {}): Buffer {
  return block(le, 1, (b) => {
    b.u16(linkType)
      .u16(0)
      .u32(options.snapLength ?? 0);
    if (options.name !== undefined) b.u16(2).u16(options.name.length).padded(Buffer.from(options.name));
    if (options.resolution !== undefined)
      b.u16(9)
        .u16(1)
        .padded(Buffer.from([options.resolution]));
    if (options.offset !== undefined) b.u16(14).u16(8).i64(options.offset);
    return b.u32(0);
  });
}

export function enhancedPacket(
  le: boolean,
  id: number,
  time: bigint,
  data: Uint8Array,
  length = data.length,
): Buffer {
  return block(le, 6, (b) =>
    b
      .u32(id)
      .u32(Number((time >> 32n) & 0xffffffffn))
      .u32(Number(time & 0xffffffffn))
      .u32(data.length)
      .u32(length)
      .padded(data),
  );
}
