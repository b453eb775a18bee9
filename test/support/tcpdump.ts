/** tcpdump on an interface of a network namespace, and what tshark thinks of what it caught. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from './needs.js';

export class Tcpdump {
  private constructor(
    private readonly process: ChildProcess,
    readonly file: string,
  ) {}

  /** Starts capturing to `file`; resolves once tcpdump listens. */
  static async start(netns: string, name: string, file: string, ...filter: string[]): Promise<Tcpdump> {
    const args = [
      'netns',
      'exec',
      netns,
      'tcpdump',
      '-Z',
      'root',
      '-U',
      '--immediate-mode',
      '-B',
      '16384',
      '-i',
      name,
      '-w',
      file,
    ];
    const process = spawn('ip', [...args, ...filter], { stdio: ['ignore', 'ignore', 'pipe'] });
    const listens = new Promise<void>((resolve, reject) => {
      let said = '';
      process.stderr?.on('data', (text) => {
        said += String(text);
        if (/listening on .*\n/.test(said)) resolve();
      });
      process.once('exit', () => reject(new Error(`tcpdump does not start: ${said}`)));
    });
    await listens;
    return new Tcpdump(process, file);
  }

  /** Ends the capture when what was sent has arrived. */
  async stop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const exit = once(this.process, 'exit');
    this.process.kill('SIGINT');
    await exit;
  }
}

/** The packets of a capture in which tshark finds something malformed, or worth an error; one line each. */
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

/** Fields of every packet as tshark decodes them, one line a packet, tabs between. */
export function tsharkFields(file: string, ...fields: string[]): string[] {
  const args = fields.flatMap((field) => ['-e', field]);
  return run('tshark', '-r', file, '-T', 'fields', '-E', 'occurrence=f', ...args)
    .split('\n')
    .filter((line) => line !== '');
}
