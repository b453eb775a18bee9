/** Where the configuration names a mirror point: for people who want to change what it says. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadMirrors, type PlacedMirror } from '../config/load.js';
import { matchesPoint } from '../config/mirror-match.js';
import { parsePrefix } from '../config/units.js';
import { MIRROR_TYPE_NAMES, type MirrorType } from '../model/mirror-point.js';

/** A mirror point, or an entry of which none is known: its `target` is empty then. */
export interface Named {
  readonly name: string;
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly session: number | null;
  readonly key: number | null;
}

export interface EntryPlace {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export class MirrorEntries {
  private readonly file: string | undefined;
  private entries: readonly PlacedMirror[] = [];
  private read = '';

  /** @param file the configuration of the collector; undefined: this console does not know it */
  constructor(file: string | undefined) {
    this.file = file === undefined ? undefined : resolve(file);
  }

  /**
   * Reads the file again if it has changed. Call it before some are looked up. One that cannot be read, or is
   * wrong just now, has no places: whoever changes it is told by the collector.
   */
  refresh(): void {
    if (this.file === undefined) return;
    try {
      const { mtimeMs, size, ino } = statSync(this.file);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.read) return;
      this.read = version;
      this.entries = loadMirrors(this.file);
    } catch {
      this.entries = [];
    }
  }

  /** The entry that decides about a point. */
  find(named: Named): EntryPlace | undefined {
    const { file } = this;
    if (file === undefined) return undefined;
    const found = this.entries.find(({ entry }) =>
      named.target === '' ? entry.name === named.name : matches(entry, named),
    );
    // An entry that another name was given to since is not what the point is called by yet.
    return found === undefined || found.entry.name !== named.name ? undefined : { file, line: found.line };
  }
}

function matches(entry: PlacedMirror['entry'], { type, source, session, key }: Named): boolean {
  const address = parsePrefix(source)?.address;
  const kind = (MIRROR_TYPE_NAMES as readonly string[]).indexOf(type) as MirrorType;
  if (address === undefined || kind < 0) return false;
  return matchesPoint(entry, { type: kind, source: address, session: session ?? 0, key });
}
