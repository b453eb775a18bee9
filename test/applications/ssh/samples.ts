import type { Sample } from '../../support/sample.js';
import { bytes, text } from '../tls/build.js';
import { CYBERDUCK, kexinit, packet } from './build.js';

const { kex, ciphers, macs, compression } = CYBERDUCK;

export const samples: readonly Sample[] = [
  {
    server: 22,
    messages: [
      ['server', text('Authorized users only\r\nSSH-2.0-OpenSSH_9.6\r\n')],
      ['client', text('SSH-2.0-Cyberduck_6.7.1\r\n')],
      ['client', kexinit(kex, [ciphers, macs, compression], ['aes128-ctr', 'hmac-sha1', 'none'])],
      [
        'server',
        kexinit('curve25519-sha256', ['aes128-ctr', 'hmac-sha1', 'none'], [ciphers, macs, compression]),
      ],
      ['client', packet(bytes(30, new Uint8Array(36)))],
    ],
  },
];
