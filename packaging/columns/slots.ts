/** src/sessions/slot-layout.ts: the places of a slot's fields. */
import {
  APPLICATION_FIELDS,
  APPLICATION_SLOT_BYTES,
  CACHE_LINE,
  COLD_FIELDS,
  HOT_BYTES,
  HOT_FIELDS,
  SLOT_BYTES,
  SLOT_KIND_BYTES,
  type SlotField,
  type SlotKind,
  TCP_FIELDS,
  TCP_SLOT_BYTES,
} from '../../src/sessions/slot-fields.js';
import { docComment } from './text.js';

/** The constant with the indices of a kind, and its comment. */
type Constants = Readonly<Partial<Record<SlotKind, { readonly name: string; readonly doc: string }>>>;
const CONSTANTS: Constants = {
  u32: { name: 'W', doc: 'Indices of 32-bit words in a slot.' },
  f64: { name: 'F64', doc: 'Indices of 64-bit floats in a slot, in units of 8 bytes.' },
  u16: { name: 'U16', doc: 'Indices of 16-bit numbers in a slot, in units of 2 bytes.' },
  u8: { name: 'U8', doc: 'Indices of bytes in a slot.' },
};
const TCP_CONSTANTS: Constants = {
  u32: { name: 'TW', doc: 'Indices of 32-bit words in what a slot has of TCP.' },
  f64: { name: 'TF64', doc: 'Indices of 64-bit floats in what a slot has of TCP, in units of 8 bytes.' },
  u16: { name: 'TU16', doc: 'Indices of 16-bit numbers in what a slot has of TCP, in units of 2 bytes.' },
};

const APPLICATION_CONSTANTS: Constants = {
  u32: { name: 'AW', doc: 'Indices of 32-bit words in what a slot has of its application.' },
};

export interface Placed {
  readonly field: SlotField;
  /** In bytes from the slot's start. */
  readonly at: number;
}

/**
 * Places the fields one after another, from byte `start`.
 *
 * @throws if one is not at a multiple of its size, or they do not end at byte `end`
 */
export function place(fields: readonly SlotField[], start: number, end: number): Placed[] {
  let at = start;
  const placed = fields.map((field) => {
    const size = SLOT_KIND_BYTES[field.kind];
    if (at % size !== 0)
      throw new Error(`${field.name} would be at byte ${at}, which ${size} does not divide`);
    const here = { field, at };
    at += size * field.count;
    return here;
  });
  if (at !== end) throw new Error(`the fields end at byte ${at}, not at ${end}`);
  return placed;
}

/** The fields of a slot itself. */
export function slotLayout(): Placed[] {
  return [...place(HOT_FIELDS, 0, HOT_BYTES), ...place(COLD_FIELDS, HOT_BYTES, SLOT_BYTES)];
}

/**
 * The fields of a slot that only TCP has.
 *
 * @throws if one lies in two cache lines
 */
export function tcpLayout(): Placed[] {
  const placed = place(TCP_FIELDS, 0, TCP_SLOT_BYTES);
  for (const { field, at } of placed) {
    const last = at + SLOT_KIND_BYTES[field.kind] * field.count - 1;
    if (Math.floor(at / CACHE_LINE) !== Math.floor(last / CACHE_LINE))
      throw new Error(`${field.name} would lie in two cache lines, from byte ${at} on`);
  }
  return placed;
}

/** The fields of a slot that its messages tell. */
export function applicationLayout(): Placed[] {
  return place(APPLICATION_FIELDS, 0, APPLICATION_SLOT_BYTES);
}

function constants(placed: readonly Placed[], names: Constants): string[] {
  return (Object.keys(names) as SlotKind[]).map((kind) => {
    const lines = placed.flatMap(({ field: { name, kind: of, doc }, at }) => {
      if (of !== kind || name === undefined) return [];
      const line = `  ${name}: ${at / SLOT_KIND_BYTES[kind]},`;
      return doc === undefined ? [line] : [docComment(doc, '  '), line];
    });
    const { name, doc } = names[kind]!;
    return [`/** ${doc} */`, `export const ${name} = {`, ...lines, '} as const;'].join('\n');
  });
}

export function slotsFile(): string {
  return [
    '/** The fields of a slot. Made by `npm run columns`: change slot-fields.ts instead. */',
    '',
    [
      ...constants(slotLayout(), CONSTANTS),
      ...constants(tcpLayout(), TCP_CONSTANTS),
      ...constants(applicationLayout(), APPLICATION_CONSTANTS),
    ].join('\n\n'),
    '',
  ].join('\n');
}
