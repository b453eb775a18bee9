/** The program, installed in such a way that an addon does not load. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Missing {
  /** raw-socket's addon: not compiled, or not an addon at all. */
  readonly rawSocket?: 'absent' | 'damaged';
  /** koffi's addon, which comes in one package per platform. */
  readonly koffi?: 'absent';
  /** chDB: missing, or only its library for this platform. */
  readonly chdb?: 'absent' | 'no library';
}

export class Installation {
  readonly main: string;
  private readonly directory: string;

  constructor(missing: Missing) {
    this.directory = mkdtempSync(join(tmpdir(), 'mirrorlake-installation-'));
    // Another user (`--user`) must pass through it to reach the threads' files.
    chmodSync(this.directory, 0o755);
    this.main = join(this.directory, 'dist/cli/main.js');
    for (const part of ['dist', 'schemas', 'package.json']) {
      cpSync(join(ROOT, part), join(this.directory, part), {
        recursive: true,
        filter: (path) => !path.endsWith('.map'),
      });
    }
    const modules = join(ROOT, 'node_modules');
    const own = join(this.directory, 'node_modules');
    mkdirSync(own);
    for (const name of readdirSync(modules)) {
      if (missing.chdb && name === '@chdb') continue;
      if (missing.chdb === 'absent' && name === 'chdb') continue;
      if (missing.koffi && name === '@koromix') continue;
      // A linked package finds its dependencies where the link leads. So a package is copied if it must miss
      // one.
      const copied =
        (missing.koffi && name === 'koffi') ||
        (missing.chdb && name === 'chdb') ||
        (missing.rawSocket && name === 'raw-socket');
      if (!copied) symlinkSync(join(modules, name), join(own, name));
      else {
        cpSync(join(modules, name), join(own, name), {
          recursive: true,
          filter: (path) => !path.startsWith(join(modules, 'raw-socket/build')),
        });
      }
    }
    if (missing.rawSocket !== 'damaged') return;
    mkdirSync(join(own, 'raw-socket/build/Release'), { recursive: true });
    writeFileSync(join(own, 'raw-socket/build/Release/raw.node'), 'no addon\nat all\n');
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
