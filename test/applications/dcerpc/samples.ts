import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import type { Sample } from '../../support/sample.js';

export const Type = {
  Request: 0,
  Response: 2,
  Bind: 11,
  BindAck: 12,
  Alter: 14,
  AlterResponse: 15,
  Auth3: 16,
};

/** A message (C706 12.6.4) of a body of 24 bytes and a token behind its trailer; low or high bytes first. */
export function message(type: number, token: Uint8Array = Buffer.alloc(0), isLittle = true): Buffer {
  const header = Buffer.from([5, 0, type, 3, isLittle ? 0x10 : 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  const trailer = token.length > 0 ? Buffer.from([10, 2, 0, 0, 0, 0, 0, 0]) : Buffer.alloc(0);
  const all = Buffer.concat([header, Buffer.alloc(24), trailer, token]);
  const write = (n: number, at: number) => (isLittle ? all.writeUInt16LE(n, at) : all.writeUInt16BE(n, at));
  write(all.length, 8);
  write(token.length, 10);
  return all;
}

export const samples: readonly Sample[] = [
  {
    server: 49_664,
    messages: [
      ['client', message(Type.Bind, ntlmMessage(1))],
      ['server', message(Type.BindAck, ntlmMessage(2))],
      ['client', message(Type.Auth3, ntlmAuthenticate('EXAMPLE', 'alice', 'PC-7'))],
      ['client', message(Type.Request)],
      ['server', message(Type.Response)],
    ],
  },
  {
    server: 135,
    messages: [
      ['client', message(Type.Bind)],
      ['server', message(Type.BindAck)],
      ['client', message(Type.Request)],
      ['server', message(Type.Response)],
    ],
  },
];
