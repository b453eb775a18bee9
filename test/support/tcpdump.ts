/** Runs tcpdump on an interface of a network namespace, and tshark on the capture. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { run } from './needs.js';

/** Packets that have not arrived after this time, in milliseconds, are lost. */
const PATIENCE_MS = 60_000;

export class Tcpdump {
  private constructor(
    private readonly process: ChildProcess,
    readonly file: string,
    private readonly filter: string,
  ) {}

  /** Starts capturing what `filter` matches to `file`; resolves when tcpdump listens. */
  static async start(netns: string, name: string, file: string, filter: string): Promise<Tcpdump> {
    const options = ['-Z', 'root', '-U', '--immediate-mode', '-B', '16384'];
    const args = ['netns', 'exec', netns, 'tcpdump', ...options, '-i', name, '-w', file];
    const process = spawn('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const listens = new Promise<void>((resolve, reject) => {
      let said = '';
      process.stderr?.on('data', (text) => {
        said += String(text);
        if (/listening on .*\n/.test(said)) resolve();
      });
      process.once('exit', () => reject(new Error(`tcpdump does not start: ${said}`)));
    });
    await listens;
    return new Tcpdump(process, file, filter);
  }

  /**
   * Ends the capture once everything sent has arrived and is in the file, because tcpdump discards what is
   * still queued when it is told to end. The filter is applied to the file afterwards: with a filter or a
   * direction on the socket, some packets count as received but are never captured.
   *
   * @param packets the least number of packets to wait for, even on a busy machine
   */
  async stop(packets = 0): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (let quiet = 0, before = -1; quiet < 3 && Date.now() < end; ) {
      const [captured, received] = await this.counts();
      quiet = captured >= packets && captured === received && captured === before ? quiet + 1 : 0;
      before = captured;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const exit = once(this.process, 'exit');
    this.process.kill('SIGINT');
    await exit;
    const filtered = `${this.file}.filtered`;
    run('tcpdump', '-Z', 'root', '-r', this.file, '-w', filtered, this.filter);
    renameSync(filtered, this.file);
  }

  /** The numbers of packets that tcpdump captured and the kernel received; tcpdump prints both on SIGUSR1. */
  private counts(): Promise<[number, number]> {
    return new Promise((resolve, reject) => {
      let said = '';
      const stderr = this.process.stderr!;
      const ended = () => reject(new Error(`tcpdump ended: ${said}`));
      const hear = (text: unknown) => {
        said += String(text);
        const counts = /(\d+) packets? captured, (\d+) packets? received by filter/.exec(said);
        if (counts === null) return;
        stderr.off('data', hear);
        this.process.off('exit', ended);
        resolve([Number(counts[1]), Number(counts[2])]);
      };
      stderr.on('data', hear);
      this.process.once('exit', ended);
      this.process.kill('SIGUSR1');
    });
  }
}

/** The packets of a capture that tshark calls malformed or reports an error for, one line each. */
export function tsharkComplaints(file: string): string[] {
  const found = run(
    'tshark',
    '-r',
    file,
    '-Y',
    '_ws.malformed || _ws.expert.severity == "Error"',
    '-T',
    'fields',
    '-e',
    'frame.number',
    '-e',
    '_ws.expert.message',
    '-e',
    '_ws.malformed',
  );
  return found.split('\n').filter((line) => line !== '');
}

/** Fields of every packet as tshark decodes them, tab-separated, one line per packet. */
export function tsharkFields(file: string, ...fields: string[]): string[] {
  return tsharkLines(file, 'f', fields);
}

/** The same; of fields that a packet has several times, the innermost. */
export function tsharkInnermost(file: string, ...fields: string[]): string[] {
  return tsharkLines(file, 'l', fields);
}

function tsharkLines(file: string, occurrence: 'f' | 'l', fields: string[]): string[] {
  const args = fields.flatMap((field) => ['-e', field]);
  // Without being told, it believes checksums of UDP.
  const checks = ['-o', 'udp.check_checksum:TRUE'];
  return run('tshark', '-r', file, ...checks, '-T', 'fields', '-E', `occurrence=${occurrence}`, ...args)
    .split('\n')
    .filter((line) => line !== '');
}
