import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { RtpReader } from '../../../src/applications/rtp/reader.js';
import { SipReader } from '../../../src/applications/sip/reader.js';
import { Conversation } from '../../support/conversation.js';
import { call, SDP, sip } from '../sip/samples.js';
import { rtp } from './samples.js';

const RTP: Application = { name: 'rtp', udp: { is: () => true }, newReader: () => new RtpReader() };
const talk = () => new Conversation([RTP], { client: 40_000, server: 16_384 });

describe('RTP', () => {
  it('has a row for each stream at its end: packets, losses, jitter', () => {
    const c = talk();
    for (let i = 0; i < 50; i++) {
      // Every 20 ms, but the tenth late by 8 ms; numbers 5 and 6 are lost; past the end of the numbers.
      const due = 1_000_000_000_000 + 20_000 * i;
      c.us = i === 10 ? due + 8000 : due;
      if (i !== 5 && i !== 6) c.datagram(0, rtp(65_530 + i, 160 * i, 0xabcd));
      c.datagram(1, rtp(7 + i, 160 * i, 0x1234, 8));
    }
    expect(c.rows).toEqual([]);
    const [client, server] = c.end().rows;
    expect(client).toMatchObject({ method: 'PCMU', name: '0000abcd', outcome: 'ok', transferUs: 980_000 });
    expect(client.attributes).toMatchObject({ sender: 'client', packets: '48', lost: '2' });
    expect(server).toMatchObject({ method: 'PCMA', name: '00001234' });
    expect(server.attributes).toMatchObject({ sender: 'server', packets: '50', lost: '0' });
    // Two changes of 8 ms, each a sixteenth, fade by 15/16 with each of the packets behind them.
    const jitter = Number(client.attributes.jitter_us);
    expect(jitter).toBeGreaterThan(50);
    expect(jitter).toBeLessThan(500);
  });

  it('has another row for another source, and no loss where the numbers begin anew', () => {
    const c = talk();
    for (let i = 0; i < 5; i++) c.datagram(0, rtp(i, 160 * i, 1));
    for (let i = 0; i < 5; i++) c.datagram(0, rtp(30_000 + i, 160 * i, 1));
    for (let i = 0; i < 3; i++) c.datagram(0, rtp(i, 160 * i, 2));
    const rows = c.end().rows.map((r) => [r.name, r.attributes.packets, r.attributes.lost]);
    expect(rows).toEqual([
      ['00000001', '10', '0'],
      ['00000002', '3', '0'],
    ]);
  });

  it('counts what comes late or twice as no loss, and nothing of RTCP', () => {
    const c = talk();
    for (const i of [0, 2, 1, 3, 3, 4]) c.datagram(0, rtp(i, 160 * i, 1));
    c.datagram(0, rtp(9, 0, 1, 200 & 0x7f));
    expect(c.end().rows[0].attributes).toMatchObject({ packets: '6', lost: '0' });
  });

  it('knows its call and its codec where SIP announced its port', () => {
    const is = () => true;
    const whereExpected = () => true;
    const applications: Application[] = [
      { name: 'sip', udp: { ports: [5060], is }, newReader: () => new SipReader() },
      { name: 'rtp', whereExpected, newReader: () => new RtpReader() },
    ];
    const c = new Conversation(applications, { client: 5060, server: 5060 });
    c.datagram(0, sip('INVITE sip:bob@example.org SIP/2.0', call(1, 'INVITE'), SDP));
    const media = c.beside({ client: 20_000, server: 49_170 });
    for (let i = 0; i < 10; i++) media.datagram(1, rtp(i, 960 * i, 3, 96));
    media.end();
    expect(media.recognised).toEqual(['rtp']);
    expect(media.rows[0]).toMatchObject({
      method: 'opus',
      resource: 'a84b4c76e66710@10.0.0.1',
      attributes: { packets: '10', lost: '0' },
    });
    const refused = c.beside({ client: 20_000, server: 50_000 }).datagram(1, rtp(1, 0, 3, 96));
    expect(refused.recognised).toEqual([]);
  });
});
