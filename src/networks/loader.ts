/**
 * Reads the files of networks, owners and names, and reads them again when they change. Each time a thread
 * of its own does it, so that nobody waits who receives packets, and ends, so that its memory is free again.
 */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { asError, CommandError, MirrorlakeError, UsageError } from '../model/errors.js';
import { counted, sizeWords } from '../model/words.js';
import { Channel, DEAF, type Deaf } from '../threads/channel.js';
import { workerTransport } from '../threads/transport.js';
import type { KnownNetworks } from './known-networks.js';
import type { FileRead, KnownFile, LoaderSide } from './loader-dialect.js';

/** How often the files are looked at, milliseconds. One that has changed is read when it rests as long. */
export const LOOK_MS = 5000;

/** The files to read. */
export interface KnownFiles {
  readonly networks: string | undefined;
  readonly owners: readonly string[];
  readonly names: string | undefined;
}

export interface LoaderOptions {
  /** Told what is known since a file has changed. */
  readonly changed: (known: KnownNetworks) => void;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  /** In place of LOOK_MS. */
  readonly lookMs?: number;
}

/** A file, what it was when it was looked at last and when it was read, and what was in it. */
interface Watched {
  readonly known: KnownFile;
  looked: string;
  read: string;
  content: FileRead | undefined;
  /** When that was read, milliseconds since 1970. */
  since: number;
  /** Why it could not be read the last time; '': it could. */
  wrong: string;
}

/** A file that is in use. */
export interface LoadedFile extends KnownFile, Pick<FileRead, 'entries' | 'roles' | 'built'> {
  /** When it was read, milliseconds since 1970. */
  readonly since: number;
  /** Why it was not read again when it changed; '': it was. */
  readonly wrong: string;
}

export class NetworkLoader {
  private readonly files: readonly Watched[];
  private readonly gone = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(
    files: KnownFiles,
    private readonly options: LoaderOptions,
  ) {
    const known: KnownFile[] = files.owners.map((file) => ({ kind: 'owners', file }));
    if (files.networks !== undefined) known.push({ kind: 'networks', file: files.networks });
    if (files.names !== undefined) known.push({ kind: 'names', file: files.names });
    const unread = { looked: '', read: '', content: undefined, since: 0, wrong: '' };
    this.files = known.map((file) => ({ known: file, ...unread }));
  }

  /** What is known now. */
  get known(): KnownNetworks {
    const memories = (kind: KnownFile['kind']): SharedArrayBuffer[] =>
      this.files.flatMap(({ known, content }) =>
        known.kind === kind && content !== undefined ? [content.memory] : [],
      );
    return { networks: memories('networks')[0], owners: memories('owners'), names: memories('names')[0] };
  }

  /** The files that are in use. */
  get loaded(): LoadedFile[] {
    return this.files.flatMap(({ known, content, since, wrong }) =>
      content === undefined ? [] : [{ ...known, ...withoutMemory(content), since, wrong }],
    );
  }

  /** Files that are wrong, or gone: what was read of them before is in use. */
  get refused(): number {
    return this.files.filter(({ wrong }) => wrong !== '').length;
  }

  /** How often a file that had changed was wrong, or gone. */
  get refusals(): number {
    return this.failures;
  }

  /** Reads all files. @throws UsageError naming the file, and the line of what is wrong */
  async load(): Promise<KnownNetworks> {
    for (const watched of this.files) {
      watched.looked = await version(watched.known.file);
      this.take(watched, await this.read(watched.known));
    }
    return this.known;
  }

  /** From now on, reads files again that have changed. A wrong one is told once; what was known stays. */
  watch(): void {
    if (this.files.length === 0 || this.gone.signal.aborted) return;
    this.timer = setTimeout(async () => {
      await this.look();
      this.watch();
    }, this.options.lookMs ?? LOOK_MS);
    // Alone it keeps no program alive.
    this.timer.unref();
  }

  /** Ends the watch, and the thread if there is one: what it reads fails. */
  close(): void {
    clearTimeout(this.timer);
    this.gone.abort(new CommandError('files about addresses are no longer read: the program ends'));
  }

  private async look(): Promise<void> {
    let news = false;
    for (const watched of this.files) {
      const now = await version(watched.known.file);
      const rests = now === watched.looked;
      watched.looked = now;
      if (rests && now !== watched.read && (await this.readAgain(watched))) news = true;
    }
    if (news && !this.gone.signal.aborted) this.options.changed(this.known);
  }

  /** @returns whether there is something new */
  private async readAgain(watched: Watched): Promise<boolean> {
    const { known, looked } = watched;
    const read = await this.read(known).catch(asError);
    // A file that was written meanwhile is read when it rests.
    if (this.gone.signal.aborted || (await version(known.file)) !== looked) return false;
    if (!(read instanceof Error)) {
      this.take(watched, read);
      return true;
    }
    watched.read = looked;
    watched.wrong = read.message;
    this.failures++;
    this.options.log('warn', `${read.message}; what was read of it before stays in use`);
    return false;
  }

  private take(watched: Watched, content: FileRead): void {
    const { memory, entries, passedOver } = content;
    const { kind, file } = watched.known;
    watched.content = content;
    watched.since = Date.now();
    watched.read = watched.looked;
    watched.wrong = '';
    const what =
      kind === 'owners'
        ? sizeWords(memory.byteLength)
        : counted(entries, kind === 'names' ? 'name' : 'network');
    const others = [...passedOver].map(([type, count]) => `, passed over ${count} ${type}`);
    this.options.log('info', `${file}: ${what}${others.join('')}`);
  }

  /** Reads a file in a thread, which it ends. @throws a MirrorlakeError that names the file */
  private async read(known: KnownFile): Promise<FileRead> {
    const { signal } = this.gone;
    signal.throwIfAborted();
    const worker = new Worker(new URL('./loader-worker.js', import.meta.url));
    const thread = new Channel<Deaf, LoaderSide>(workerTransport(worker), DEAF, { errors: { UsageError } });
    const close = (): void => thread.close(asError(signal.reason));
    signal.addEventListener('abort', close, { once: true });
    try {
      return await thread.ask('read', known);
    } catch (error) {
      if (error instanceof MirrorlakeError) throw error;
      throw new CommandError(`${known.file}: cannot be read: ${asError(error).message}`, { cause: error });
    } finally {
      signal.removeEventListener('abort', close);
      thread.close();
      await worker.terminate();
    }
  }
}

function withoutMemory({ entries, roles, built }: FileRead): Omit<FileRead, 'memory' | 'passedOver'> {
  return { entries, roles, built };
}

/** What changes when a file is replaced, rewritten or touched; of one that is not there, why. */
async function version(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
