/**
 * Zstandard's own decoder, compiled to WebAssembly by the package zstddec. The package's own functions need
 * the whole file and ignore errors, so its module is called directly: ZSTD_decompressStream (zstd.h), which
 * keeps the frame's window and one block, however much passes through it. Node.js has the same decoder from
 * 22.15 on; through its streams it is slower, every small frame costs a round through the thread pool, and
 * output before damage is lost.
 */
import { ZSTDDecoder } from 'zstddec/stream';

/** The module's exports that are called here. Pointers and sizes have 32 bits. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly malloc: (bytes: number) => number;
  readonly free: (pointer: number) => void;
  readonly ZSTD_createDCtx: () => number;
  readonly ZSTD_freeDCtx: (context: number) => number;
  readonly ZSTD_decompressStream: (context: number, output: number, input: number) => number;
}

let loaded: Module | undefined;

class Loader extends ZSTDDecoder {
  override _init(result: Parameters<ZSTDDecoder['_init']>[0]): void {
    super._init(result);
    loaded = result.instance.exports as unknown as Module;
  }
}

async function load(): Promise<Module> {
  const { fetch } = globalThis;
  let loading: Promise<void>;
  try {
    // Without fetch, the package takes the module from its own string. Node's fetch would be loaded first,
    // which takes longer than reading a small capture.
    Reflect.set(globalThis, 'fetch', undefined);
    loading = new Loader().init();
  } finally {
    globalThis.fetch = fetch;
  }
  await loading;
  return loaded as Module;
}

/** Error numbers (zstd_errors.h), which never change. */
export const ZstdError = {
  ChecksumWrong: 22,
  DictionaryWrong: 32,
  MemoryAllocation: 64,
} as const;

/** ZSTD_inBuffer and ZSTD_outBuffer, one behind the other: pointer, size and position each. */
const STRUCTS = 24;
const OUT = 3;
/** Output of one call: two blocks of the largest size. */
const OUTPUT = 256 * 1024;
/** Up to this many bytes are copied faster one by one. */
const FEW = 32;

function allocated(pointer: number): number {
  if (pointer === 0) throw new RangeError('there is no memory for the zstd decoder');
  return pointer;
}

/** Decompresses consecutive frames: every {@link push} is of one frame. */
export class ZstdDecoder {
  private bytes: Uint8Array;
  private words: Uint32Array;
  private readonly structs: number;
  private readonly input: number;
  private readonly output: number;
  private readonly context: number;
  /** How much of the last call's output has been read. */
  private taken = 0;
  private made = 0;
  private closed = false;

  private constructor(
    private readonly module: Module,
    /** The largest number of bytes that can be pushed at once. */
    readonly capacity: number,
  ) {
    // Allocated before the context's window, which is then last in memory and grows in place for a larger
    // frame.
    this.structs = allocated(module.malloc(STRUCTS));
    this.input = allocated(module.malloc(capacity));
    this.output = allocated(module.malloc(OUTPUT));
    this.context = allocated(module.ZSTD_createDCtx());
    this.bytes = new Uint8Array(module.memory.buffer);
    this.words = new Uint32Array(module.memory.buffer, this.structs, STRUCTS / 4);
    this.words.set([this.input, 0, 0, this.output, OUTPUT, 0]);
  }

  static async open(capacity: number): Promise<ZstdDecoder> {
    return new ZstdDecoder(loaded ?? (await load()), capacity);
  }

  /** Takes the next bytes, once {@link decode} has used up those before. */
  push(bytes: Uint8Array, from: number, to: number): void {
    this.look();
    if (to - from > FEW) this.bytes.set(bytes.subarray(from, to), this.input);
    else for (let i = from, at = this.input; i < to; i++) this.bytes[at++] = bytes[i];
    this.words[1] = to - from;
    this.words[2] = 0;
  }

  /**
   * Writes the decompressed bytes into `into` from index `from` up to its end.
   *
   * @returns bytes written, 0 if more must be pushed first; a {@link ZstdError} or another of zstd's numbers,
   * negated
   */
  decode(into: Uint8Array, from: number): number {
    this.look();
    if (this.taken === this.made) {
      const error = this.call();
      if (error < 0) return error;
    }
    const n = Math.min(this.made - this.taken, into.length - from);
    if (n <= FEW) for (let i = 0; i < n; i++) into[from + i] = this.bytes[this.output + this.taken + i];
    else into.set(this.bytes.subarray(this.output + this.taken, this.output + this.taken + n), from);
    this.taken += n;
    return n;
  }

  /** Refills the output. @returns zstd's error number, negated; its other results are not negative */
  private call(): number {
    // A full output may have left more inside.
    const more = this.words[2] < this.words[1] || this.made === OUTPUT;
    this.words[OUT + 2] = this.taken = this.made = 0;
    if (!more) return 0;
    const { module, structs } = this;
    const result = module.ZSTD_decompressStream(this.context, structs + OUT * 4, structs);
    this.look();
    if (result >= 0) this.made = this.words[OUT + 2];
    return result;
  }

  /** After memory has grown, for this decoder or another, it is another buffer. */
  private look(): void {
    const { buffer } = this.module.memory;
    if (buffer === this.bytes.buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer, this.structs, STRUCTS / 4);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.module.ZSTD_freeDCtx(this.context);
    for (const pointer of [this.output, this.input, this.structs]) this.module.free(pointer);
  }
}
