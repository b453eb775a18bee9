/**
 * One segment in memory, while the disk takes nothing: like {@link SpoolFile}, but it does not survive this
 * process.
 */
import { join } from 'node:path';
import type { TableName } from '../../model/columns/tables.js';
import type { SpoolSegment } from './spool-file.js';

export class MemoryFile {
  readonly since = Date.now();
  readonly file: string;
  length = 0;
  rows = 0;
  private readonly parts: Uint8Array[] = [];

  constructor(
    directory: string,
    readonly name: string,
    readonly table: TableName,
  ) {
    this.file = join(directory, `${name}.pb`);
  }

  /** Appends whole messages, and takes over their memory. */
  append(bytes: Uint8Array, rows: number): void {
    this.parts.push(bytes);
    this.length += bytes.length;
    this.rows += rows;
  }

  close(): SpoolSegment {
    const { name, table, file, length: bytes, rows } = this;
    return { name, table, file, bytes, rows, memory: Buffer.concat(this.parts) };
  }
}
