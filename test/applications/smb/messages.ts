/** Builds messages of SMB 2 (MS-SMB2 2.2), for tests. */

export const C = {
  NEGOTIATE: 0,
  SESSION_SETUP: 1,
  LOGOFF: 2,
  TREE_CONNECT: 3,
  TREE_DISCONNECT: 4,
  CREATE: 5,
  CLOSE: 6,
  FLUSH: 7,
  READ: 8,
  WRITE: 9,
  CANCEL: 12,
  ECHO: 13,
  CHANGE_NOTIFY: 15,
  QUERY_INFO: 16,
} as const;

export interface Header {
  id?: number;
  status?: number;
  tree?: number;
  session?: number;
  flags?: number;
}

const RESPONSE = 1;
export const ASYNC = 2;
export const RELATED = 4;
export const ALL = 0xffff_ffff;
/** A FileId that means the file of the message before. */
export const SAME_FILE = Buffer.alloc(16, 0xff);

export const wide = (s: string) => Buffer.from(s, 'utf16le');
export const fileId = (n: number) => Buffer.alloc(16, n);

function header(command: number, { id = 0, status = 0, tree = 0, session = 0, flags = 0 }: Header): Buffer {
  const b = Buffer.alloc(64);
  b.write('\xfeSMB', 'latin1');
  b.writeUInt16LE(64, 4);
  b.writeUInt32LE(status, 8);
  b.writeUInt16LE(command, 12);
  b.writeUInt32LE(flags, 16);
  b.writeUInt32LE(id, 24);
  b.writeUInt32LE(tree, 36);
  b.writeUInt32LE(session, 40);
  if (session === ALL) b.writeUInt32LE(ALL, 44);
  if (id === ALL) b.writeUInt32LE(ALL, 28);
  return b;
}

/** A request, its body as it is. */
export function request(command: number, h: Header = {}, body: Uint8Array = Buffer.alloc(24)): Buffer {
  return Buffer.concat([header(command, h), body]);
}

export function response(command: number, h: Header = {}, body: Uint8Array = Buffer.alloc(8)): Buffer {
  return Buffer.concat([header(command, { ...h, flags: (h.flags ?? 0) | RESPONSE }), body]);
}

/** A body with a text or token behind it: its offset and length are at `at`. */
function bodyWith(size: number, at: number, content: Uint8Array): Buffer {
  const b = Buffer.alloc(size);
  b.writeUInt16LE(64 + size, at);
  b.writeUInt16LE(content.length, at + 2);
  return Buffer.concat([b, content]);
}

export const sessionSetup = (h: Header, token: Uint8Array) =>
  request(C.SESSION_SETUP, h, bodyWith(24, 12, token));
export const treeConnect = (h: Header, share: string) =>
  request(C.TREE_CONNECT, h, bodyWith(8, 4, wide(share)));
export const create = (h: Header, file: string) => request(C.CREATE, h, bodyWith(56, 44, wide(file)));

/** A request with a FileId. */
export function withFile(command: number, h: Header, id: Uint8Array): Buffer {
  const at = command === C.QUERY_INFO ? 24 : command === C.READ || command === C.WRITE ? 16 : 8;
  return request(command, h, Buffer.concat([Buffer.alloc(at), id, Buffer.alloc(8)]));
}

export const created = (h: Header, id: Uint8Array) =>
  response(C.CREATE, h, Buffer.concat([Buffer.alloc(64), id, Buffer.alloc(8)]));

export function negotiated(h: Header, dialect: number): Buffer {
  const body = Buffer.alloc(64);
  body.writeUInt16LE(dialect, 4);
  return response(C.NEGOTIATE, h, body);
}

/** A packet: messages behind their length, each but the last filled up to 8 bytes. */
export function packet(...messages: Uint8Array[]): Buffer {
  const all = messages.map((m, i) => {
    const isLast = i === messages.length - 1;
    const b = Buffer.alloc(isLast ? m.length : Math.ceil(m.length / 8) * 8);
    b.set(m);
    if (!isLast) b.writeUInt32LE(b.length, 20);
    return b;
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(all.reduce((n, m) => n + m.length, 0));
  return Buffer.concat([length, ...all]);
}

/** A message of SMB 1 (MS-CIFS 2.2.3): its command, whether it is a reply, what is behind the header. */
export function smb1(command: number, isReply: boolean, content: Uint8Array, status = 0): Buffer {
  const b = Buffer.alloc(32);
  b.write('\xffSMB', 'latin1');
  b[4] = command;
  b.writeUInt32LE(status, 5);
  b[9] = isReply ? 0x80 : 0;
  return Buffer.concat([b, content]);
}

/** The content of a NEGOTIATE of SMB 1. */
export function dialects(...names: string[]): Buffer {
  const list = Buffer.from(names.map((name) => `\x02${name}\0`).join(''), 'latin1');
  const b = Buffer.alloc(3);
  b.writeUInt16LE(list.length, 1);
  return Buffer.concat([b, list]);
}
