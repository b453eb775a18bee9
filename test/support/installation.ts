/** The program as an installation has it in which an addon does not load. */
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
  /** raw-socket's addon: not compiled, or of something else. */
  readonly rawSocket?: 'absent' | 'damaged';
  /** koffi's, which comes in a package for each system. */
  readonly koffi?: 'absent';
  /** chDB: not there, or its library for this system. */
  readonly chdb?: 'absent' | 'no library';
}

export class Installation {
  /** The program's file. */
  readonly main: string;
  private readonly directory: string;

  constructor(missing: Missing) {
    this.directory = mkdtempSync(join(tmpdir(), 'mirrorlake-installation-'));
    // Another user (`--user`) goes through it to the threads' files.
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
      // A link's packages are found where it leads: what shall miss one is copied.
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
