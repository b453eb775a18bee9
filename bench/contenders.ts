/** The programs to measure: ours, and the peers that are installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Contender {
  name: string;
  /** As the program reports it. */
  version: string;
  /** The command that reads `capture` and writes its results to the empty directory `out`. */
  command(capture: string, out: string): string[];
  /**
   * The number of flows it reported, from the files in `out` and its standard output; null if that takes
   * another program.
   */
  flows(out: string, stdout: string): number | null;
}

/** The first line of output that looks like a version; null if the program is not installed. */
function versionOf(command: string, ...args: string[]): string | null {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.error) return null;
  const line = `${run.stdout}\n${run.stderr}`.split('\n').find((l) => /\d\.\d/.test(l));
  return line?.trim() ?? 'unknown version';
}

function linesWith(file: string, what: string): number {
  let n = 0;
  const bytes = readFileSync(file);
  for (let i = bytes.indexOf(what); i !== -1; i = bytes.indexOf(what, i + what.length)) n++;
  return n;
}

function node(): string {
  return `node ${process.version}`;
}

/**
 * `mirrorlake read` with NDJSON to standard output, and into a new embedded store.
 *
 * @param main the program
 * @param kinds what is printed: a version before applications knows only `sessions`
 * @param workers threads that make sessions, undefined for what it chooses
 */
export function mirrorlake(
  main: string,
  kinds: 'sessions' | 'sessions,transactions' = 'sessions,transactions',
  workers?: string,
): { ndjson: Contender; store: Contender } {
  const read = [process.execPath, main, 'read', ...(workers === undefined ? [] : ['--workers', workers])];
  const storeIn = (out: string) => ['--store', join(out, 'data')];
  return {
    ndjson: {
      name: kinds === 'sessions' ? 'mirrorlake --ndjson' : `mirrorlake --ndjson ${kinds}`,
      version: node(),
      command: (capture) => [...read, capture, '--ndjson', kinds],
      flows: (_, stdout) => linesWith(stdout, kinds === 'sessions' ? '"session_id":' : '"table":"sessions"'),
    },
    store: {
      name: 'mirrorlake --store',
      version: `${node()}, embedded chDB`,
      command: (capture, out) => [...read, capture, ...storeIn(out)],
      flows: (out) => {
        const query = ['query', 'SELECT count() FROM sessions', '--format', 'TSV', ...storeIn(out)];
        const run = spawnSync(process.execPath, [main, ...query], { encoding: 'utf8' });
        return run.status === 0 ? Number(run.stdout.trim()) : null;
      },
    },
  };
}

const SURICATA: Omit<Contender, 'version'> = {
  name: 'suricata',
  command: (capture, out) => {
    const config = join(import.meta.dirname, 'suricata.yaml');
    return ['suricata', '-c', config, '-S', '/dev/null', '--runmode', 'single', '-r', capture, '-l', out];
  },
  flows: (out) => linesWith(join(out, 'eve.json'), '"event_type":"flow"'),
};

const ARGUS: Omit<Contender, 'version'> = {
  name: 'argus',
  command: (capture, out) => ['argus', '-r', capture, '-w', join(out, 'argus.out')],
  flows: (out) => {
    const ra = spawnSync(
      'ra',
      ['-n', '-r', join(out, 'argus.out'), '-L', '-1', '-s', 'proto', '-', 'not', 'man'],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 30,
      },
    );
    return ra.status === 0 ? ra.stdout.trim().split('\n').length : null;
  },
};

/** The peers on this machine, and the names of those that are missing. */
export function peers(): { installed: Contender[]; missing: string[] } {
  const installed: Contender[] = [];
  const missing: string[] = [];
  for (const [peer, version] of [
    [SURICATA, versionOf('suricata', '-V')],
    [ARGUS, versionOf('argus', '-h')],
  ] as const) {
    if (version === null) missing.push(peer.name);
    else installed.push({ ...peer, version });
  }
  return { installed, missing };
}

export function emptyDirectory(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
