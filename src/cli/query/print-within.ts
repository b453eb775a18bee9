import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { displayWidth } from '../terminal.js';

/** What a table of ClickHouse's Pretty formats begins with, after blanks. */
const CORNER = Buffer.from('┌');
const BLANK = 0x20;
const NEWLINE = 0x0a;

/**
 * Prints an answer on stdout as it arrives; a table only once it is complete and no line is wider than
 * `columns`.
 *
 * @returns false if it would have been wider: nothing was printed
 */
export async function printWithin(answer: Readable, columns: number): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  const rest = answer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let open = Buffer.alloc(0);
  let isTable = false;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    pieces.push(next.value);
    open = Buffer.concat([open, next.value]);
    isTable ||= beginsTable(open);
    if (!isTable) {
      if (open.subarray(0, -CORNER.length + 1).every((byte) => byte === BLANK)) continue;
      await write(pieces, rest);
      return true;
    }
    const end = open.lastIndexOf(NEWLINE) + 1;
    const lines = open.subarray(0, end).toString('utf8').split('\n');
    open = open.subarray(end);
    if (lines.some((line) => displayWidth(line) > columns)) {
      answer.destroy();
      return false;
    }
  }
  await write(pieces);
  return true;
}

function beginsTable(answer: Buffer): boolean {
  const corner = answer.findIndex((byte) => byte !== BLANK);
  return corner >= 0 && answer.subarray(corner, corner + CORNER.length).equals(CORNER);
}

/** Writes these pieces and everything that follows. */
function write(pieces: readonly Uint8Array[], rest?: AsyncIterator<Uint8Array>): Promise<void> {
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* pieces;
    if (rest === undefined) return;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  }
  return pipeline(all, process.stdout, { end: false });
}
