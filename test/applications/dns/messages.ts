/** DNS messages for tests. */

export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;

export interface RecordOf {
  name: string | Uint8Array;
  type: number;
  class?: number;
  ttl?: number;
  data?: Uint8Array;
}

export interface MessageOf {
  id?: number;
  response?: boolean;
  opcode?: number;
  rcode?: number;
  questions?: readonly { name: string | Uint8Array; type?: number; class?: number }[];
  answers?: readonly RecordOf[] | undefined;
  authorities?: readonly RecordOf[];
  additionals?: readonly RecordOf[];
}

const u16 = (n: number) => [(n >> 8) & 255, n & 255];

/** A name in labels; a Uint8Array is taken as it is. */
export function name(of: string | Uint8Array): Uint8Array {
  if (typeof of !== 'string') return of;
  const labels = of.split('.').filter((l) => l !== '');
  return Buffer.concat([
    ...labels.map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l, 'latin1')])),
    Buffer.from([0]),
  ]);
}

export const pointer = (to: number) => Uint8Array.from([0xc0 | (to >> 8), to & 255]);

function record(r: RecordOf): Uint8Array {
  const data = r.data ?? new Uint8Array(0);
  const ttl = r.ttl ?? 300;
  const head = [...u16(r.type), ...u16(r.class ?? 1), ...u16(Math.floor(ttl / 65536)), ...u16(ttl)];
  return Buffer.concat([name(r.name), Uint8Array.from([...head, ...u16(data.length)]), data]);
}

export function message(m: MessageOf): Uint8Array {
  const sections = [m.answers ?? [], m.authorities ?? [], m.additionals ?? []];
  const questions = m.questions ?? [];
  const flags = [(m.response ? 0x80 : 0) | ((m.opcode ?? 0) << 3) | 1, m.rcode ?? 0];
  const counts = [questions, ...sections].flatMap((s) => u16(s.length));
  return Buffer.concat([
    Uint8Array.from([...u16(m.id ?? 1), ...flags, ...counts]),
    ...questions.map((q) =>
      Buffer.concat([name(q.name), Uint8Array.from([...u16(q.type ?? 1), ...u16(q.class ?? 1)])]),
    ),
    ...sections.flat().map(record),
  ]);
}

/** A question for one name. */
export const ask = (of: string, type = 1, id = 1) => message({ id, questions: [{ name: of, type }] });

/** Its answer. */
export const answer = (of: string, type = 1, id = 1, more: MessageOf = {}) =>
  message({ id, response: true, questions: [{ name: of, type }], ...more });

/** EDNS: options are code and value. */
export function opt(
  size: number,
  high = 0,
  flags = 0,
  options: readonly [number, Uint8Array][] = [],
): RecordOf {
  const data = Buffer.concat(
    options.map(([code, value]) =>
      Buffer.concat([Uint8Array.from([...u16(code), ...u16(value.length)]), value]),
    ),
  );
  return { name: '', type: 41, class: size, ttl: high * 0x1000000 + flags, data };
}

/** As over TCP. */
export const framed = (m: Uint8Array) => Buffer.concat([Uint8Array.from(u16(m.length)), m]);
