/** Builds messages of SSH (RFC 4253). */
import { bytes, text } from '../tls/build.js';

/** The lists of Cyberduck 6.7.1, whose HASSH is published. */
export const CYBERDUCK = {
  kex:
    'curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp521,' +
    'ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group-exchange-sha1,' +
    'diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,' +
    'diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,' +
    'diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,' +
    'diffie-hellman-group15-sha256,diffie-hellman-group15-sha256@ssh.com,' +
    'diffie-hellman-group15-sha384@ssh.com,diffie-hellman-group16-sha256,' +
    'diffie-hellman-group16-sha384@ssh.com,diffie-hellman-group16-sha512@ssh.com,' +
    'diffie-hellman-group18-sha512@ssh.com',
  ciphers:
    'aes128-cbc,aes128-ctr,aes192-cbc,aes192-ctr,aes256-cbc,aes256-ctr,blowfish-cbc,blowfish-ctr,' +
    'cast128-cbc,cast128-ctr,idea-cbc,idea-ctr,serpent128-cbc,serpent128-ctr,serpent192-cbc,' +
    'serpent192-ctr,serpent256-cbc,serpent256-ctr,3des-cbc,3des-ctr,twofish128-cbc,twofish128-ctr,' +
    'twofish192-cbc,twofish192-ctr,twofish256-cbc,twofish256-ctr,twofish-cbc,arcfour,arcfour128,' +
    'arcfour256',
  macs: 'hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-sha2-256,hmac-sha2-512',
  compression: 'zlib@openssh.com,zlib,none',
};
export const HASSH_OF_CYBERDUCK = '8a8ae540028bf433cd68356c1b9e8d5b';

const u32 = (n: number) => bytes(n >>> 24, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff);
const list = (names: string) => bytes(u32(names.length), text(names));

/** A packet (6): length, length of the padding, the message, the padding. */
export function packet(...parts: Uint8Array[]): Uint8Array {
  const message = bytes(...parts);
  const padding = new Uint8Array(4 + ((8 - ((message.length + 9) % 8)) % 8)).fill(0xee);
  return bytes(u32(1 + message.length + padding.length), padding.length, message, padding);
}

/** KEXINIT (7.1) with these lists, the first four of each direction. */
export function kexinit(kex: string, fromClient: string[], fromServer: string[]): Uint8Array {
  const both = fromClient.flatMap((names, i) => [list(names), list(fromServer[i])]);
  return packet(
    bytes(20, new Uint8Array(16).fill(0xc0)),
    list(kex),
    list('ssh-ed25519'),
    ...both,
    list(''),
    list(''),
    bytes(0, 0, 0, 0, 0),
  );
}
