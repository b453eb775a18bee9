/**
 * Captures that were dropped into the page: each is read by a process of its own into a store of its own,
 * below the state directory, and never into the live one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FILE_MODE, makeDirectory } from '../model/files.js';
import { Asker } from './asker.js';
import { Beside } from './beside.js';
import type { Capture } from './contract/captures.js';
import { RequestError } from './errors.js';
import { Questions } from './questions.js';
import { StoreFacts } from './store-facts.js';
import type { StoreServices } from './store-services.js';

/** Captures that are kept: a further one is refused, because a default never deletes. */
export const MOST_CAPTURES = 10;
/** The longest time that one is sent and read, milliseconds. */
export const LONGEST_READING = 3_600_000;
/** How much lower the reading process stands than the console. */
const NICENESS = 10;
/** Characters of what it says that are kept. */
const MOST_SAID = 4096;
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** What says what a capture is: written last, so that one without it is a remainder. */
const LABEL = 'capture.json';

const label = z.object({
  id: z.string(),
  name: z.string(),
  bytes: z.number(),
  at: z.string(),
  who: z.string(),
});

export interface AddOptions {
  readonly name: string;
  readonly who: string;
  /** Of the body as the request says it; undefined: it does not. */
  readonly length: number | undefined;
  readonly signal: AbortSignal;
}

export class Captures {
  private readonly directory: string;
  private readonly open = new Map<string, StoreServices>();
  /** The name of the one that is read now. */
  private reading: string | undefined;

  /**
   * @param state the directory of what the console keeps
   * @param limit bytes of a capture
   */
  constructor(
    state: string,
    readonly limit: number,
  ) {
    this.directory = join(state, 'captures');
  }

  /** The newest first. Remainders of interrupted readings are not among them. */
  list(): Capture[] {
    if (!existsSync(this.directory)) return [];
    const found = readdirSync(this.directory).flatMap((id) => {
      try {
        return [label.parse(JSON.parse(readFileSync(join(this.directory, id, LABEL), 'utf8')))];
      } catch {
        return [];
      }
    });
    return found.sort((one, other) => (one.at < other.at ? 1 : -1));
  }

  /** What answers questions about a capture. @throws RequestError 404 */
  services(id: string): StoreServices {
    const known = this.open.get(id);
    if (known !== undefined) return known;
    const { name } = this.find(id);
    const location = join(this.directory, id, 'store');
    const asker = new Asker(() => Promise.resolve({ location, collector: undefined }));
    const questions = new Questions(asker);
    const made: StoreServices = {
      asker,
      questions,
      facts: new StoreFacts(questions, ''),
      beside: new Beside(() => Promise.resolve(undefined)),
      capture: name,
    };
    this.open.set(id, made);
    return made;
  }

  /**
   * Reads a capture as it comes.
   *
   * @throws RequestError 409 while another is read and where as many as may be are kept, 413 for one that is
   *   too large, 422 for one that cannot be read
   */
  async add(
    body: ReadableStream<Uint8Array> | null,
    { name, who, length, signal }: AddOptions,
  ): Promise<Capture> {
    if (length !== undefined && length > this.limit) throw this.tooLarge(name);
    const refusal = this.refusal();
    if (refusal !== undefined) {
      await this.drop(body);
      throw refusal;
    }
    this.clear();
    const id = randomUUID();
    const place = join(this.directory, id);
    this.reading = name;
    try {
      makeDirectory(place);
      const bytes = await this.read(Readable.fromWeb(body ?? new Blob([]).stream()), name, place, signal);
      const capture = { id, name, bytes, at: new Date().toISOString(), who };
      const file = join(place, LABEL);
      writeFileSync(`${file}.new`, `${JSON.stringify(capture)}\n`, { mode: FILE_MODE });
      renameSync(`${file}.new`, file);
      return capture;
    } catch (error) {
      rmSync(place, { recursive: true, force: true });
      throw error;
    } finally {
      this.reading = undefined;
    }
  }

  /** @throws RequestError 404 */
  async remove(id: string): Promise<void> {
    this.find(id);
    const services = this.open.get(id);
    this.open.delete(id);
    await services?.asker.close();
    rmSync(join(this.directory, id), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(({ asker }) => asker.close()));
  }

  /** Takes away what readings that were interrupted have left. */
  private clear(): void {
    if (!existsSync(this.directory)) return;
    for (const id of readdirSync(this.directory)) {
      const place = join(this.directory, id);
      const old = Date.now() - statSync(place).mtimeMs > LONGEST_READING;
      if (old && !existsSync(join(place, LABEL))) rmSync(place, { recursive: true, force: true });
    }
  }

  /** Why no further one is taken now. */
  private refusal(): RequestError | undefined {
    if (this.reading !== undefined)
      return new RequestError(`${this.reading} is being read: one capture at a time`, 409, {
        hint: 'drop this one again when it is done',
      });
    const kept = this.list();
    const oldest = kept.at(-1);
    if (oldest === undefined || kept.length < MOST_CAPTURES) return undefined;
    return new RequestError(`${kept.length} captures are kept, and no more: remove one first`, 409, {
      hint: `the oldest is ${oldest.name}, of ${oldest.at}`,
    });
  }

  /** Takes a body to its end, if that is not too far: a browser reads no answer before. */
  private async drop(body: ReadableStream<Uint8Array> | null): Promise<void> {
    let bytes = 0;
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      if (bytes > this.limit) break;
    }
  }

  private find(id: string): Capture {
    const capture = this.list().find((one) => one.id === id);
    if (capture === undefined)
      throw new RequestError('there is no such capture', 404, { hint: 'it may have been removed' });
    return capture;
  }

  private tooLarge(name: string): RequestError {
    return new RequestError(`${name} is larger than ${this.limit} bytes`, 413, {
      hint: 'mirrorlake read takes files of any size; console.capture_limit is for those dropped here',
    });
  }

  /** @returns the bytes that came */
  private async read(body: Readable, name: string, place: string, signal: AbortSignal): Promise<number> {
    const child = spawn(
      process.execPath,
      [
        PROGRAM,
        'read',
        '-',
        `--name=${name}`,
        '--store',
        join(place, 'store'),
        '--packets',
        'all',
        '--quiet',
      ],
      { stdio: ['pipe', 'ignore', 'pipe'], timeout: LONGEST_READING, signal },
    );
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-MOST_SAID);
    });
    const ended = endOf(child);
    // What it did not take is in its exit status.
    child.stdin.on('error', () => undefined);
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > this.limit) throw this.tooLarge(name);
        // Once it has given up, the rest of the body is taken and dropped: a browser reads no answer before.
        if (child.exitCode !== null || child.stdin.destroyed) continue;
        if (!child.stdin.write(chunk))
          await Promise.race([once(child.stdin, 'drain').catch(() => undefined), ended]);
      }
    } catch (error) {
      child.kill();
      await ended;
      throw error;
    }
    child.stdin.end();
    const code = await ended;
    if (code === 0) return bytes;
    const [line = 'it could not be read'] = said.trim().split('\n').slice(-1);
    throw new RequestError(line.replace(/^mirrorlake: (stdin|-): /, `${name}: `), 422);
  }
}

/** @returns its exit status; null: it was ended */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => child.pid === undefined && resolve(null));
    child.once('close', (code) => resolve(code));
  });
}
