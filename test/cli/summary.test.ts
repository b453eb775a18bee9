import { describe, expect, it } from 'vitest';
import { MOST_POINTS, readSummary } from '../../src/cli/read/summary.js';
import { NOTHING_READ } from '../../src/model/application-counts.js';
import type { Inputs } from '../../src/model/inputs.js';
import type { ApplicationStatus } from '../../src/model/status.js';
import { SessionCounters } from '../../src/sessions/options.js';
import { Collected } from '../demux/collect.js';
import { batchOf } from '../demux/outer.js';
import { bytes, erspan2, ethernet, ipv4, udp } from '../support/frames.js';

const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(9))));

/** The summary of `read` after packets of `points` mirror points, with these counters of sessions. */
function summary(
  points: number,
  counters: Partial<SessionCounters> = {},
  dropped = 0,
  twice: number[] = [],
  applications: Partial<ApplicationStatus> = {},
): string[] {
  const out = new Collected();
  const packets = Array.from({ length: points }, (_, n) =>
    ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(n, 0, FRAME)),
  );
  out.demux.process(batchOf(packets));
  const table = {
    counters: Object.assign(new SessionCounters(), counters),
    applications: { ...NOTHING_READ, ...applications },
    packets: { kept: 0, dropped },
    twice,
  };
  return readSummary(out.demux, out.mirrors, table, undefined).trimEnd().split('\n');
}

describe('the summary of read', () => {
  it('says nothing of limits that were not reached', () => {
    expect(summary(1)).toEqual([
      '1 packet: 1 GRE',
      '0 sessions in 0 rows, and 0 of their packets',
      expect.stringMatching(/^ {2}erspan2 10\.0\.0\.1 → 10\.0\.0\.9 session 0 /),
    ]);
  });

  it.each<[keyof SessionCounters, string]>([
    ['pressure', 'the session table was full: 7 sessions ended by pressure (see --max-sessions)'],
    ['collisions', 'too many hashes alike: 7 sessions ended by pressure to make room for others'],
    ['fragmentTrainsDropped', 'too many fragmented packets at once: 7 given up'],
    ['groupCopies', 'copies in groups, counted once: 7'],
    [
      'groupFramesForgotten',
      'frames of groups forgotten too soon to tell their copies: 7 ' +
        '(--group-window: a shorter time needs fewer)',
    ],
    [
      'duplicatesForgotten',
      'frames forgotten too soon to tell their duplicates: 7 (--deduplicate: a shorter time needs fewer)',
    ],
    ['uncompared', 'too many sessions with the same ends: 7 not compared with those of other mirror points'],
  ])('names a limit that was reached: %s', (counter, line) => {
    expect(summary(1, { [counter]: 7 })).toContain(line);
  });

  it("says how many rows are copies of another mirror point's", () => {
    expect(summary(1, { opened: 3, rows: 3, copies: 2 }).slice(1, 3)).toEqual([
      '3 sessions in 3 rows, and 0 of their packets',
      'copies: 2 rows of conversations that another mirror had first',
    ]);
  });

  it('counts transactions, and messages that were read in part', () => {
    const applications = {
      transactions: { dns: 1200, http: 34 },
      partial: { cut: 5000, gap: 0, limit: 0, malformed: 1 },
    };
    const lines = summary(1, { opened: 2, rows: 3 }, 0, [], applications);
    expect(lines[1]).toBe('2 sessions in 3 rows, 1,234 transactions, and 0 of their packets');
    expect(lines.at(-1)).toBe('messages read in part: cut 5,000, malformed 1');
  });

  it.each<[keyof ApplicationStatus, string]>([
    ['conversations_given_up', 'too many conversations were read at once: 7,000 were read no further'],
    ['questions_given_up', 'too many questions were open at once: 7,000 stored without their answer'],
    ['messages_given_up', 'too many messages were in pieces at once: 7,000 given up'],
    ['words_left_out', 'too many names, users and fingerprints at once: 7,000 left out'],
    ['certificates_forgotten', 'too many certificates in a day: 7,000 rows may be repeated'],
  ])('names a limit of applications that was reached: %s', (counter, line) => {
    expect(summary(1, {}, 0, [], { [counter]: 7000 }).at(-1)).toBe(line);
  });

  it('names fragments that were not kept', () => {
    expect(summary(1, {}, 7)).toContain('too many fragments waited for their first one: 7 not kept');
  });

  it('names at most three mirrors whose frames come twice', () => {
    expect(summary(2, {}, 0, [1])).toContain(
      'frames come twice: erspan2 10.0.0.1 → 10.0.0.9 session 1 (--deduplicate 10ms counts each once)',
    );
    expect(summary(6, {}, 0, [0, 1, 2, 4, 5]).at(-1)).toMatch(/session 2 and 2 more \(--deduplicate/);
  });

  it('has the loudest mirror points, and how many more there are', () => {
    const lines = summary(MOST_POINTS + 3);
    expect(lines.filter((line) => line.includes('erspan2'))).toHaveLength(MOST_POINTS);
    expect(lines.at(-1)).toBe('  and 3 more mirror points');
  });
});

describe('inputs in the summary of read', () => {
  const vxlan = (port: number) =>
    ipv4('10.0.0.1', '10.0.0.9', 17, udp(50_000, port, bytes([8, 0, 0, 0, 0, 0, 7, 0], FRAME)));
  const erspan = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(1, 0, FRAME));
  const lines = (inputs: Inputs | undefined, packets: Uint8Array[]): string[] => {
    const out = new Collected(inputs && { inputs });
    out.demux.process(batchOf(packets));
    return readSummary(out.demux, out.mirrors, undefined, undefined).trimEnd().split('\n');
  };

  it('name what each gave, and VXLAN that nobody listed', () => {
    expect(lines(undefined, [erspan, vxlan(4789), vxlan(4789)])).toEqual([
      '3 packets: 1 GRE, 2 not GRE',
      expect.stringMatching(/^ {2}erspan2 /),
      'VXLAN to UDP port 4789: 2 packets not read: --input gre --input vxlan reads what it carries',
    ]);
  });

  it('name GRE where it is not listed', () => {
    const inputs: Inputs = { gre: false, udp: [{ kind: 'vxlan', port: 14_789 }], span: [] };
    expect(lines(inputs, [erspan, vxlan(14_789)])).toEqual([
      '2 packets: 1 in UDP, 1 no mirror',
      expect.stringMatching(/^ {2}vxlan 10\.0\.0\.1 → 10\.0\.0\.9 session 7 /),
      'GRE: 1 packet not read: --input vxlan:14789 --input gre reads what it carries',
    ]);
  });

  it('say of GRE in DTLS that nobody can read it', () => {
    const dtls = ipv4('10.0.0.1', '10.0.0.9', 17, udp(50_000, 4755, bytes([23, 0xfe, 0xfd, 0, 1])));
    expect(lines(undefined, [dtls]).at(-1)).toBe(
      'GRE in DTLS to UDP port 4755: 1 packet, encrypted: only its receiver can read it',
    );
  });

  it('warn of a Gateway Load Balancer', () => {
    const inputs: Inputs = { gre: false, udp: [{ kind: 'geneve', port: 6081 }], span: [] };
    const geneve = bytes([2, 0, 8, 0, 0, 0, 0, 0, 1, 8, 1, 1, 0, 0, 0, 1], FRAME.subarray(14));
    const packet = ipv4('10.0.0.1', '10.0.0.9', 17, udp(50_000, 6081, geneve));
    expect(lines(inputs, [packet]).at(-1)).toMatch(/^GENEVE of an AWS Gateway Load Balancer: 1 packet\. /);
  });
});
