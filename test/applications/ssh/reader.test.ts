import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SshReader } from '../../../src/applications/ssh/reader.js';
import { Conversation } from '../../support/conversation.js';
import { bytes, text } from '../tls/build.js';
import { CYBERDUCK, HASSH_OF_CYBERDUCK, kexinit, packet } from './build.js';

const SSH = { name: 'ssh', tcp: { is: () => true }, newReader: () => new SshReader() } as const;
const talk = () => new Conversation([SSH], { client: 50000, server: 22 });

const { kex, ciphers, macs, compression } = CYBERDUCK;
const ofClient = kexinit(kex, [ciphers, macs, compression], ['a', 'b', 'c']);
const ofServer = kexinit('curve25519-sha256', ['x', 'y', 'z'], ['aes128-ctr', 'hmac-sha1', 'none']);
const HASSH_SERVER = createHash('md5').update('curve25519-sha256;aes128-ctr;hmac-sha1;none').digest('hex');
const BANNER = text('SSH-2.0-OpenSSH_9.6p1 Ubuntu-3\r\n');

describe('the beginning of SSH', () => {
  it('tells software and HASSH of both sides, then nothing more is read', () => {
    const c = talk().answer(BANNER).ask('SSH-2.0-Cyberduck_6.7.1\n').answer(ofServer);
    expect(c.isOver).toBe(false);
    c.ask(ofClient);
    expect(c.told).toEqual({
      ServerSoftware: 'SSH-2.0-OpenSSH_9.6p1 Ubuntu-3',
      ClientSoftware: 'SSH-2.0-Cyberduck_6.7.1',
      Hassh: HASSH_OF_CYBERDUCK,
      HasshServer: HASSH_SERVER,
    });
    expect(c.isOver).toBe(true);
  });

  it('may come in any segments', () => {
    const all = bytes(BANNER, ofClient);
    for (const size of [1, 7, 100, 1000]) {
      const c = talk();
      for (let o = 0; o < all.length; o += size) c.ask(all.subarray(o, o + size));
      expect(c.told.Hassh).toBe(HASSH_OF_CYBERDUCK);
      expect(c.told.ClientSoftware).toBe('SSH-2.0-OpenSSH_9.6p1 Ubuntu-3');
    }
  });

  it('of a server may have lines before the banner', () => {
    const c = talk().answer(
      bytes(text('Authorized users only.\r\n\nNo others\n'), BANNER, packet(bytes(2, 0, 0, 0, 0)), ofServer),
    );
    expect(c.told).toEqual({ ServerSoftware: 'SSH-2.0-OpenSSH_9.6p1 Ubuntu-3', HasshServer: HASSH_SERVER });
  });

  it('that was seen before is told as it was, of a client and of a server', () => {
    const reader = new SshReader();
    const again = { ...SSH, newReader: () => reader };
    const hash = (...lists: string[]) => createHash('md5').update(lists.join(';')).digest('hex');
    for (let i = 0; i < 3; i++)
      for (const [a, b] of [
        ['a', 'b'],
        ['b', 'a'],
        ['ab', 'ab'],
      ]) {
        const both = kexinit('kex', [a, 'mac', 'none'], [b, 'mac', 'zlib']);
        const { told } = new Conversation([again], { client: 50000, server: 22 })
          .ask(BANNER)
          .answer(BANNER)
          .ask(both)
          .answer(both);
        expect(told.Hassh).toBe(hash('kex', a, 'mac', 'none'));
        expect(told.HasshServer).toBe(hash('kex', b, 'mac', 'zlib'));
      }
  });

  it('of version 1 has only a banner', () => {
    expect(talk().answer('SSH-1.5-OpenSSH_2\n', ofServer).told).toEqual({
      ServerSoftware: 'SSH-1.5-OpenSSH_2',
    });
    expect(talk().answer('SSH-1.99-OpenSSH_3\n', ofServer).told.HasshServer).toBe(HASSH_SERVER);
  });
});

describe('of bytes that are missing', () => {
  it('nothing wrong is told', () => {
    const listsEnd = ofClient.length - 1 - 4 - 8 - ofClient[4];
    for (let captured = 1; captured < ofClient.length; captured += captured < 30 ? 1 : 17) {
      const { told } = talk().ask(BANNER).segment(0, BANNER.length, ofClient, captured);
      expect(told.Hassh).toBe(captured < listsEnd ? undefined : HASSH_OF_CYBERDUCK);
      expect(told.Partial).toBe('cut');
    }
    for (let captured = 1; captured < BANNER.length; captured++)
      expect(talk().segment(0, 0, BANNER, captured).told).toEqual(
        captured === BANNER.length ? {} : { Partial: 'cut' },
      );
  });

  it('what follows is read, once the other side has spoken', () => {
    const c = talk().lose(0, BANNER.length).answer(BANNER).ask(ofClient).answer(ofServer);
    expect(c.end().told).toMatchObject({ HasshServer: HASSH_SERVER });
  });
});

it('strange bytes end the reading', () => {
  const c = talk()
    .ask('no banner, ')
    .ask('but bytes\n'.repeat(40))
    .answer(BANNER)
    .answer(new Uint8Array(64).fill(0xff));
  expect(c.isOver).toBe(true);
  expect(c.told).toEqual({ ServerSoftware: 'SSH-2.0-OpenSSH_9.6p1 Ubuntu-3' });
});
