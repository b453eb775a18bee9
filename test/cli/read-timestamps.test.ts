import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinkType } from '../../src/model/batch.js';
import { openOutput } from '../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../src/receive/file/pcap-writer.js';
import { runLine } from '../support/command-lines.js';
import { ethernet, ipv4, tcp } from '../support/frames.js';
import { type Arrived, play, START, StampedSwitch } from '../support/stamped-mirror.js';

const HANDSHAKES = 1500;
let directory: string;
let capture: string;
let sent: Arrived[];

type Row = Record<string, unknown>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-timestamps-'));
  capture = join(directory, 'stamped.pcap');
  const clock = new StampedSwitch({ granularity: 1, drift: 30 });
  sent = play([
    {
      clock,
      session: 7,
      packets: 3 * HANDSHAKES,
      every: 4e6,
      least: 300_000,
      jitter: 200_000,
      frame: handshake,
    },
  ]);
  const writer = new PcapWriter(await openOutput(capture), LinkType.Ethernet);
  for (const { arrived, packet } of sent) {
    writer.packet(START + Math.floor(arrived / 1e9), arrived % 1e9, packet, 0, packet.length);
    if (writer.full) await writer.flush();
  }
  await writer.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** SYN, SYN-ACK and ACK, each conversation between addresses of its own. */
function handshake(i: number): Uint8Array {
  const k = Math.floor(i / 3);
  const client = `10.20.${k >> 8}.${k & 255}`;
  const server = '10.30.0.1';
  const step = i % 3;
  const packet = tcp(
    step === 1 ? 80 : 40_000,
    step === 1 ? 40_000 : 80,
    [2, 18, 16][step],
    step === 2 ? 2 : 1,
  );
  // Each acknowledges the other's first number.
  if (step > 0) packet.set([0, 0, 0, 2], 8);
  const [from, to] = step === 1 ? [server, client] : [client, server];
  return ethernet(0x0800, ipv4(from, to, 6, packet));
}

async function rows(what: string, ...more: string[]): Promise<Row[]> {
  const words = ['read', capture, '--ndjson', what, '--collector', 'c', '--quiet', ...more];
  const { stdout } = await runLine(words);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}

/** By how many microseconds handshakes are wrong at most. */
function worst(sessions: readonly Row[]): number {
  expect(sessions.length).toBe(HANDSHAKES);
  return sessions.reduce((most, row) => {
    const [a, b] = String(row.client_ip).split('.').slice(2).map(Number);
    const k = a * 256 + b;
    const took = (sent[3 * k + 2].mirrored - sent[3 * k].mirrored) / 1000;
    return Math.max(most, Math.abs(Number(row.handshake_us) - took));
  }, 0);
}

describe('read --timestamps hardware', () => {
  it('times handshakes by the switch, not by arrival', async () => {
    expect(worst(await rows('sessions', '--timestamps', 'hardware'))).toBeLessThan(2);
    expect(worst(await rows('sessions', '--timestamps', 'arrival'))).toBeGreaterThan(100);
  });

  it('makes the same rows with several workers', async () => {
    const sorted = async (workers: string) => {
      const found = await rows('sessions', '--timestamps', 'hardware', '--workers', workers);
      for (const row of found) row.session_id = '';
      return found.map((row) => JSON.stringify(row)).sort();
    };
    expect(await sorted('2')).toEqual(await sorted('1'));
  });

  it('says what is known of the clock', async () => {
    const [row] = await rows('mirrors', '--timestamps', 'hardware');
    expect(row).toMatchObject({
      clock: '10.255.1.1 100ns',
      clock_kind: 'fitted',
      clock_disbelieved: 0,
      clock_jumps: 0,
    });
    expect(Math.abs(Number(row.clock_drift_ppb) - 30_000)).toBeLessThan(200);
    expect(row.clock_jitter_ns).toBeGreaterThan(100_000);
    const [without] = await rows('mirrors');
    expect(without).toMatchObject({
      clock: '',
      clock_kind: 'arrival',
      clock_offset_ns: 0,
      clock_drift_ppb: 0,
    });
  });

  it('prints the timestamp as it was sent', async () => {
    const [packet] = await rows('packets');
    const units = new StampedSwitch({ granularity: 1, drift: 30 }).shows(sent[0].mirrored) / 100n;
    const timestamp = Number(units % (1n << 32n));
    expect(packet).toMatchObject({ timestamp, timestamp_granularity: 1, timestamp_upper: null });
  });

  it('sums up what is known of clocks, and reads stdin too', async () => {
    const { stderr } = await runLine(['read', capture, '--ndjson', '--timestamps', 'hardware']);
    expect(stderr).toContain('hardware time: 1 clock\n');
    // What can be read once only is fitted as it comes.
    const main = join(import.meta.dirname, '../../dist/cli/main.js');
    const words = [main, 'read', '-', '--ndjson', 'mirrors', '--timestamps', 'hardware', '--quiet'];
    const stdout = execFileSync(process.execPath, words, { input: readFileSync(capture), encoding: 'utf8' });
    const row = JSON.parse(stdout) as Row;
    expect(Math.abs(Number(row.clock_drift_ppb) - 30_000)).toBeLessThan(200);
  });

  it('takes no other word', async () => {
    const { status, stderr } = await runLine(['read', capture, '--timestamps', 'switch']);
    expect(status).toBe(2);
    expect(stderr).toContain("option '--timestamps <which>' argument 'switch' is invalid");
  });
});
