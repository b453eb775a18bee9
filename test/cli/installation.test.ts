/**
 * Installations in which an addon does not load: after an upgrade of Node.js, without a compiler, or on a
 * system for which it was not built.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, type Missing } from '../support/installation.js';
import { describeWith } from '../support/needs.js';

const FIXTURE = join(import.meta.dirname, '../fixtures/erspan2.pcap');

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function suite(
  name: string,
  missing: Missing,
  tests: (mirrorlake: (...args: string[]) => Run) => void,
): void {
  describe(name, () => {
    let installation: Installation;
    beforeAll(() => {
      installation = new Installation(missing);
    });
    afterAll(() => installation.remove());

    const mirrorlake = (...args: string[]): Run => {
      const run = spawnSync(process.execPath, [installation.main, ...args], { encoding: 'utf8' });
      expect(run.stderr).not.toMatch(/^ +at |internal error/m);
      return run;
    };

    it('prints its version and the usage of commands', () => {
      expect(mirrorlake('--version')).toMatchObject({ status: 0, stderr: '' });
      // The script is made from the help of all commands, so this loads what they all load.
      expect(mirrorlake('completion', 'bash')).toMatchObject({ status: 0, stderr: '' });
    });

    it('reads captures', () => {
      expect(mirrorlake('read', FIXTURE, '--ndjson')).toMatchObject({ status: 0 });
    });

    tests(mirrorlake);
  });
}

suite("without raw-socket's addon", { rawSocket: 'absent' }, (mirrorlake) => {
  it('doctor reports it', () => {
    const { stdout } = mirrorlake('doctor', '--store', '/nonexistent');
    expect(stdout).toMatch(/^ok {4}koffi: loads$/m);
    expect(stdout).toMatch(
      /^warn {2}raw-socket: .* not load: it is not there; koffi receives .*: npm rebuild raw-socket$/m,
    );
  });
});

suite('with a raw-socket addon of something else', { rawSocket: 'damaged' }, (mirrorlake) => {
  it('doctor reports it', () => {
    expect(mirrorlake('doctor', '--store', '/nonexistent').stdout).toMatch(
      /^warn {2}raw-socket: .* not load: .*raw\.node: .*; koffi receives .*: npm rebuild raw-socket$/m,
    );
  });
});

suite('without koffi', { koffi: 'absent' }, (mirrorlake) => {
  const line = /^mirrorlake: koffi, .*, does not load: it is not there; .*: npm install .*mirrorlake\n$/;

  it.each([
    ['collect'],
    ['collect', '--receiver', 'raw'],
    ['collect', '--interface', 'lo'],
    ['mirror', '--interface', 'lo', '--to', '192.0.2.77'],
  ])('%s %s ends with status 2, after which no service manager tries again', (...args) => {
    const { status, stderr } = mirrorlake(...args);
    expect(stderr).toMatch(line);
    expect(status).toBe(2);
  });

  it('doctor reports it', () => {
    const { status, stdout } = mirrorlake('doctor', '--store', '/nonexistent', '--interface', 'lo');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^FAIL {2}koffi: .* is not there: nothing can be received; .*: npm install .*mirrorlake$/m,
    );
    expect(stdout).toMatch(/^ok {4}raw-socket: its addon loads$/m);
    expect(stdout).toMatch(/^ok {4}kernel: /m);
  });
});

suite('without both', { koffi: 'absent', rawSocket: 'absent' }, (mirrorlake) => {
  it('collect ends with status 2', () => {
    const { status, stderr } = mirrorlake('collect', '--receiver', 'raw');
    expect(stderr).toMatch(/^mirrorlake: koffi, .* does not load: it is not there; fix it with: .*\n$/);
    expect(status).toBe(2);
  });
});

for (const chdb of ['absent', 'no library'] as const) {
  suite(`without chDB (${chdb})`, { chdb }, (mirrorlake) => {
    const refuses = (...args: string[]): void => {
      const store = mkdtempSync(join(tmpdir(), 'mirrorlake-no-engine-'));
      const { status, stderr } = mirrorlake(...args, '--store', store);
      // A collector says it in its log, which is JSON here; other commands say it on stderr.
      const said = stderr
        .split('\n')
        .map((line) => (line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line));
      expect(said.filter((line) => line.includes('chDB'))).toEqual([
        expect.stringMatching(
          /^(mirrorlake: )?the store .* needs chDB, .* does not load \(.*\): install mirrorlake again .*$/,
        ),
      ]);
      if (args[0] === 'read') expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(status).toBe(2);
      rmSync(store, { recursive: true });
    };
    it('read says that there is no embedded store, and ends with status 2', () => refuses('read', FIXTURE));

    describeWith(['root'], 'started by root', () => {
      it('collect says that there is no embedded store, and ends with status 2', () =>
        refuses('collect', '--interface', 'lo'));
    });
  });
}
