/** The columns of the two lists: their names, how they look, and which conditions their values make. */
import type { ReactNode } from 'react';
import type { Row } from '../../../../src/console/contract/sessions.js';
import type { Answer } from '../../../../src/console/contract.js';
import { TABLES } from '../../../../src/model/columns/tables.js';
import { writeCondition } from '../../app/conditions.js';
import { bytes, count, micros } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { clock, day } from '../../format/times.js';
import { mirrorColor, mirrorLabel, TcpState } from '../../parts/marks.js';
import { NameOf } from '../../parts/names.js';
import { textOf } from './cells.js';
import css from './sessions.module.css';
import { Outcome } from './words.js';

export type ListOf = 'sessions' | 'transactions';
export type Mirrors = Answer<'about'>['mirrors'];

export interface ListColumn {
  readonly id: string;
  readonly label: string;
  /** What docs/reference/columns.md says of it. */
  readonly doc: string;
  /** Pixels, at least. */
  readonly width: number;
  readonly numeric: boolean;
  readonly sortable: boolean;
  /** Columns of the API that it shows. */
  readonly needs: readonly string[];
  readonly show: (row: Row, mirrors: Mirrors) => ReactNode;
  /** Its value as a text, for exports and copying. */
  readonly text: (row: Row) => string;
  /** Conditions that its value makes, the nearest first; without any it makes none. */
  readonly conditions: (row: Row) => readonly string[];
}

function is(name: string, value: Row[string] | undefined): string {
  return writeCondition({ name, negated: false, values: [textOf(value)] });
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** `10.0.0.1:443`, `[2001:db8::1]:443`; an address alone without a port. */
export function sideText(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** One side of a conversation: its address, its port in grey, and its name where there is room. */
function side(of: 'client' | 'server', label: string): Partial<ListColumn> {
  const port = `${of}_port`;
  const ends = (row: Row): string => sideText(textOf(row[of]), Number(row[port]));
  return {
    label,
    width: of === 'client' ? 124 : 136,
    sortable: true,
    needs: [of, port],
    show: (row) => (
      <span className={css.side}>
        <span className="mono" title={ends(row)}>
          <span>{printable(textOf(row[of]))}</span>
          {row[port] !== 0 && <span className="faint">:{textOf(row[port])}</span>}
        </span>
        <NameOf address={textOf(row[of])} />
      </span>
    ),
    text: ends,
    conditions: (row) => {
      const address = textOf(row[of]);
      const first = is(MAC.test(address) ? `${of}_mac` : of, address);
      return row[port] === 0 ? [first] : [first, is(port, row[port])];
    },
  };
}

function time(name: string): Partial<ListColumn> {
  return {
    label: 'Time',
    width: 106,
    sortable: true,
    show: (row) => {
      const ms = Date.parse(textOf(row[name]));
      return (
        <span className="mono faint" title={`${day(ms)}, ${textOf(row[name])}`}>
          {clock(ms)}
        </span>
      );
    },
    conditions: () => [],
  };
}

function mirror(): Partial<ListColumn> {
  return {
    label: 'Mirror',
    width: 136,
    sortable: true,
    needs: ['mirror'],
    show: (row, mirrors) => {
      const said = textOf(row.mirror);
      return (
        <span className="flex" style={{ gap: 6 }} title={said}>
          <i className="dot" style={{ background: mirrorColor(mirrors, said) }} />
          {printable(mirrorLabel(mirrors, said))}
        </span>
      );
    },
    text: (row) => textOf(row.mirror),
    conditions: (row) => [is('mirror', row.mirror)],
  };
}

function named(label: string, width: number, more: Partial<ListColumn> = {}): Partial<ListColumn> {
  return { label, width, ...more };
}

function dashed(value: Row[string] | undefined, format: (n: number) => string): string {
  return value === 0 || value === null || value === undefined ? '–' : format(Number(value));
}

/** What is known of both ends, as people say it. */
const ENDS: Readonly<Record<string, Partial<ListColumn>>> = Object.fromEntries(
  (['client', 'server'] as const).flatMap((end) => {
    const who = end === 'client' ? 'Client' : 'Server';
    return [
      [`${end}_network`, named(`${who} network`, 130)],
      [`${end}_asn`, named(`${who} AS`, 76, { show: (row) => dashed(row[`${end}_asn`], String) })],
      [`${end}_as_org`, named(`${who} AS name`, 150)],
      [`${end}_country`, named(`${who} country`, 100)],
    ];
  }),
);

/** What is not as its name and type say. */
const APART: Readonly<Record<ListOf, Readonly<Record<string, Partial<ListColumn>>>>> = {
  sessions: {
    first_seen: time('first_seen'),
    last_seen: { ...time('last_seen'), label: 'Last seen' },
    mirror: mirror(),
    client: side('client', 'Client'),
    server: side('server', 'Server'),
    app_protocol: named('App', 46, {
      needs: ['app_protocol', 'transport'],
      show: (row) =>
        row.app_protocol === '' ? (
          <span className="faint">{textOf(row.transport)}</span>
        ) : (
          textOf(row.app_protocol)
        ),
      text: (row) => textOf(row.app_protocol) || textOf(row.transport),
      conditions: (row) =>
        row.app_protocol === ''
          ? [is('transport', row.transport)]
          : [is('app', row.app_protocol), is('transport', row.transport)],
    }),
    transport: named('Transport', 76),
    tcp_state: named('State', 54, { show: (row) => <TcpState state={textOf(row.tcp_state)} /> }),
    duration_us: named('Lasted', 60),
    packets: named('Packets', 54, { show: (row) => count(Number(row.packets)) }),
    bytes: named('Bytes', 58),
    retransmits: named('Sent again', 84),
    handshake_us: named('Handshake', 66),
    ...ENDS,
    policy: named('Policy', 150),
    server_name: named('Server name', 180),
    session_id: named('Session', 270),
    community_id: named('Community ID', 250),
  },
  transactions: {
    time: time('time'),
    mirror: mirror(),
    client: side('client', 'Client'),
    server: side('server', 'Server'),
    app_protocol: named('App', 64),
    method: named('Asked', 66),
    name: named('Of whom', 112),
    resource: named('For what', 92),
    status: named('Answer', 92, {
      needs: ['status', 'outcome'],
      show: (row) => <Outcome outcome={textOf(row.outcome)} status={textOf(row.status)} />,
    }),
    ...ENDS,
    outcome: named('Outcome', 100, {
      show: (row) => <Outcome outcome={textOf(row.outcome)} status="" />,
    }),
    response_us: named('Answered in', 78),
    bytes: named('Bytes', 58),
    session_id: named('Session', 270),
    community_id: named('Community ID', 250),
  },
};

/** Columns that the API computes. */
const COMPUTED: Readonly<Record<ListOf, readonly { readonly name: string; readonly doc: string }[]>> = {
  sessions: [
    { name: 'mirror', doc: 'The mirror point: its name, or its type, source, session and key.' },
    { name: 'duration_us', doc: "Microseconds from the row's first packet to its last." },
    { name: 'packets', doc: 'Packets of both sides.' },
    { name: 'bytes', doc: 'Bytes of both sides, IP header included.' },
    { name: 'retransmits', doc: 'TCP segments of both sides that bring nothing new.' },
  ],
  transactions: [
    { name: 'mirror', doc: 'The mirror point: its name, or its type, source, session and key.' },
    { name: 'bytes', doc: 'Bytes of the question and the answer.' },
  ],
};

const NUMERIC: ReadonlySet<string> = new Set(['uint', 'nullable', 'fixed32']);
const SORTABLE: ReadonlySet<string> = new Set(['uint', 'fixed32', 'word', 'text', 'ip', 'mac', 'time']);
const NO_CONDITION: ReadonlySet<string> = new Set(['time', 'map']);

/** `client_rtt_us` as people say it. */
function spoken(name: string): string {
  const words = name.replace(/_us(?=_|$)/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function made(of: ListOf, name: string, kind: string, doc: string): ListColumn {
  const numeric = NUMERIC.has(kind);
  const isBytes = /(^|_)(bytes|payload|missing)$/.test(name);
  const isTime = /_us(_|$)/.test(name);
  const shown = (row: Row): ReactNode => {
    const value = row[name];
    if (isTime) return dashed(value, micros);
    if (isBytes) return bytes(Number(value));
    if (numeric) return value === null ? '–' : String(value);
    const text = textOf(value);
    return text === '' ? <span className="faint">–</span> : printable(text);
  };
  const column: ListColumn = {
    id: name,
    label: spoken(name),
    doc,
    width: numeric ? Math.max(70, 20 + 7 * spoken(name).length) : 130,
    numeric,
    sortable: SORTABLE.has(kind),
    needs: [name],
    show: shown,
    text: (row) => textOf(row[name]),
    conditions: (row) => {
      const value = row[name];
      if (NO_CONDITION.has(kind)) return [];
      if (Array.isArray(value)) return value.map((one) => is(name, one as string | number));
      return [is(name, value)];
    },
    ...APART[of][name],
  };
  // While the rows of other columns are still shown, there is no value.
  const there = (row: Row): boolean => column.needs.every((need) => row[need] !== undefined);
  return {
    ...column,
    show: (row, mirrors) => (there(row) ? column.show(row, mirrors) : ''),
    conditions: (row) => (there(row) ? column.conditions(row) : []),
  };
}

function columnsOf(of: ListOf): ReadonlyMap<string, ListColumn> {
  const { columns, derived } = TABLES[of];
  const all = [
    ...COMPUTED[of].map(({ name, doc }) => made(of, name, name === 'mirror' ? 'word' : 'uint', doc)),
    ...columns.map(({ name, type, doc }) => made(of, name, type.kind, doc)),
    ...derived.map(({ name, doc }) => made(of, name, 'derived', doc)),
  ];
  return new Map(all.map((column) => [column.id, column]));
}

export const COLUMNS: Readonly<Record<ListOf, ReadonlyMap<string, ListColumn>>> = {
  sessions: columnsOf('sessions'),
  transactions: columnsOf('transactions'),
};

export const STANDARD: Readonly<Record<ListOf, readonly string[]>> = {
  sessions: [
    'first_seen',
    'mirror',
    'client',
    'server',
    'app_protocol',
    'tcp_state',
    'duration_us',
    'packets',
    'bytes',
    'handshake_us',
  ],
  transactions: [
    'time',
    'client',
    'server',
    'app_protocol',
    'method',
    'name',
    'resource',
    'status',
    'response_us',
  ],
};

/** Columns that there is room for on a narrow screen. */
const NARROW: Readonly<Record<ListOf, readonly string[]>> = {
  sessions: ['client', 'server', 'tcp_state', 'bytes'],
  transactions: ['method', 'name', 'status', 'response_us'],
};

/** The columns that the address names, or those that lists have by default. */
export function chosenColumns(of: ListOf, cols: string | undefined, narrow: boolean): ListColumn[] {
  const ids = cols === undefined ? (narrow ? NARROW : STANDARD)[of] : cols.split(',');
  const chosen = [...new Set(ids)].flatMap((id) => COLUMNS[of].get(id) ?? []);
  return chosen.length > 0 ? chosen : STANDARD[of].flatMap((id) => COLUMNS[of].get(id) ?? []);
}

/** A row's name among all of its list. */
export function keyOf(of: ListOf, row: Row): string {
  const number = of === 'sessions' ? row.part : row.number;
  return of === 'sessions' && number === 0 ? textOf(row.session_id) : `${textOf(row.session_id)}.${number}`;
}
