/** HTTP/2 frames and header fields for tests. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
): Buffer {
  const data = Buffer.from(payload as string, 'latin1');
  const head = Buffer.alloc(9);
  head.writeUIntBE(data.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, data]);
}

export const SETTINGS = frame(TYPE.settings, 0, 0);

/** Fields as literals: added to the dynamic table, or not. */
export function block(fields: Readonly<Record<string, string>>, isAdded = false): Buffer {
  const string = (s: string) => {
    const bytes = Buffer.from(s, 'latin1');
    const length =
      bytes.length < 127
        ? [bytes.length]
        : [127, ((bytes.length - 127) & 127) | 128, (bytes.length - 127) >> 7];
    return Buffer.concat([Buffer.from(length), bytes]);
  };
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.from([isAdded ? 0x40 : 0]),
      string(name),
      string(value),
    ]),
  );
}

export const headers = (stream: number, of: Uint8Array, flags: number = FLAG.endHeaders) =>
  frame(TYPE.headers, flags, stream, of);

export const data = (stream: number, of: string, isLast = false) =>
  frame(TYPE.data, isLast ? FLAG.endStream : 0, stream, of);
