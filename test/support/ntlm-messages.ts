/** Builds NTLMSSP messages (MS-NLMP 2.2.1), for tests. */

const UNICODE = 1;

/** NEGOTIATE_MESSAGE and CHALLENGE_MESSAGE without names. */
export function ntlmMessage(type: 1 | 2): Buffer {
  const b = Buffer.alloc(type === 1 ? 32 : 56);
  b.write('NTLMSSP\0', 'latin1');
  b.writeUInt32LE(type, 8);
  b.writeUInt32LE(UNICODE, type === 1 ? 12 : 20);
  return b;
}

/** AUTHENTICATE_MESSAGE; `old` ones have no flags, and names in bytes of one character each. */
export function ntlmAuthenticate(domain: string, user: string, workstation: string, old = false): Buffer {
  const head = Buffer.alloc(old ? 52 : 72);
  head.write('NTLMSSP\0', 'latin1');
  head.writeUInt32LE(3, 8);
  const encoding = old ? 'latin1' : 'utf16le';
  const names = [domain, user, workstation].map((s) => Buffer.from(s, encoding));
  const response = Buffer.alloc(24, 0x5a);
  let offset = head.length;
  const field = (at: number, length: number) => {
    head.writeUInt16LE(length, at);
    head.writeUInt16LE(length, at + 2);
    head.writeUInt32LE(offset, at + 4);
    offset += length;
  };
  names.forEach((name, i) => {
    field(28 + 8 * i, name.length);
  });
  field(12, response.length);
  field(20, response.length);
  if (!old) {
    field(52, 0);
    head.writeUInt32LE(UNICODE, 60);
  }
  return Buffer.concat([head, ...names, response, response]);
}
