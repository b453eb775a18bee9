/** The captures of `read`, in the order in which their packets are told. */
import type { Unlisted, UnlistedKind } from '../demux/unlisted-mirrors.js';
import type { PacketBatch } from '../model/batch.js';
import type { Inputs } from '../model/inputs.js';
import { openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import type { BufferRing } from '../receive/file/read-ahead.js';
import type { CaptureFile } from './capture-files.js';
import { KnownCapture } from './known-capture.js';
import type { CaptureKind, ReadAs } from './read-as.js';

/** Packets that came after each other. */
export interface Taken {
  /** Its bytes stay valid until more is asked for; in a ring's buffer, until that is free. */
  readonly batch: PacketBatch;
  /** What they are read as, and the capture that all of them are from if they are read as frames. */
  readonly kind: CaptureKind | undefined;
  readonly file: CaptureFile;
  /** The first of a capture that was not put in order with others: they may be of any time. */
  readonly begins: boolean;
  /** No further packets are among the same bytes. */
  readonly ends: boolean;
}

export interface CapturesOptions {
  readonly as: ReadAs;
  readonly inputs: Inputs;
  /** Memory that threads see, for the packets' bytes. */
  readonly ring?: BufferRing | undefined;
  /** Bytes per read. */
  readonly chunk?: number;
  /** Aborted: there are no more packets. */
  readonly signal: AbortSignal;
}

/** What was found out about captures while they were read. */
export class Found {
  /** What was wrong with files; the rest of them is read. */
  readonly failed: CaptureError[] = [];
  /** What `auto` took files for; those without packets are not among them. */
  readonly kinds = new Map<CaptureFile, CaptureKind>();
  /** Inputs that are not listed, whose mirrors the first packets of plain captures look like. */
  readonly resembling = new Map<UnlistedKind, Unlisted>();
}

/** Captures that are read. */
export interface Captures {
  readonly found: Found;
  /** Bytes of the files that were read. */
  readonly bytesRead: number;
  /** The next packets; undefined: there are no more, or reading was ended. */
  next(): Promise<Taken | undefined>;
  close(): Promise<void>;
}

/** One of them, open. */
export class OpenCapture {
  private constructor(
    readonly file: CaptureFile,
    private readonly source: Awaited<ReturnType<typeof openCapture>>,
    private readonly capture: KnownCapture,
    private readonly as: ReadAs,
  ) {}

  static async open(file: CaptureFile, options: CapturesOptions): Promise<OpenCapture> {
    const { as, inputs, ring, chunk, signal } = options;
    const source = await openCapture(file.path, { signal, ...(ring && { ring }), ...(chunk && { chunk }) });
    return new OpenCapture(file, source, new KnownCapture(source, as, inputs), as);
  }

  get kind(): CaptureKind | undefined {
    return this.capture.kind;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  /** @throws CaptureError at damage, after every packet before it was delivered */
  next(): Promise<PacketBatch | undefined> {
    return this.capture.next();
  }

  /** @param packets whether it had some */
  async close(packets: boolean, { kinds, resembling }: Found): Promise<void> {
    const { file, kind, as } = this;
    if (as === 'auto' && packets && kind !== undefined) kinds.set(file, kind);
    for (const unlisted of this.capture.unlisted) resembling.set(unlisted.kind, unlisted);
    await this.source.close();
  }
}

/** One capture after the other, each in its own order. */
export class OneByOne implements Captures {
  readonly found = new Found();
  private readonly rest: CaptureFile[];
  private open: OpenCapture | undefined;
  private had = false;
  /** Bytes of captures that are closed. */
  private closed = 0;

  constructor(
    files: readonly CaptureFile[],
    private readonly options: CapturesOptions,
  ) {
    this.rest = [...files];
  }

  get bytesRead(): number {
    return this.closed + (this.open?.bytesRead ?? 0);
  }

  async next(): Promise<Taken | undefined> {
    while (!this.options.signal.aborted) {
      try {
        const taken = await this.more();
        if (taken !== undefined) return taken;
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        this.found.failed.push(error);
      }
      await this.close();
      if (this.rest.length === 0) return undefined;
    }
    return undefined;
  }

  /** Packets of the capture that is open, or of the next one; undefined: it has no more. */
  private async more(): Promise<Taken | undefined> {
    const file = this.open?.file ?? this.rest.shift();
    if (file === undefined) return undefined;
    this.open ??= await OpenCapture.open(file, this.options);
    const batch = await this.open.next();
    if (batch === undefined) return undefined;
    const begins = !this.had;
    this.had = true;
    return { batch, kind: this.open.kind, file, begins, ends: true };
  }

  async close(): Promise<void> {
    const { open } = this;
    this.open = undefined;
    this.closed += open?.bytesRead ?? 0;
    await open?.close(this.had, this.found);
    this.had = false;
  }
}
