import {
  type Column,
  INT64,
  IP,
  MINUTE,
  type Table,
  TIME,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  WORD,
} from './column.js';
import { CLOCKS } from './words.js';

export const PATHS: Table = {
  name: 'paths',
  message: 'Path',
  row:
    'what became of the packets that went from one place to another in one minute: of those that are ' +
    'sampled, once both ends of a pair were looked at.',
  columns: [
    { name: 'minute', field: 1, type: MINUTE, doc: 'Start of the minute, by the time at `from_mirror`.' },
    {
      name: 'from_mirror',
      field: 2,
      type: WORD,
      doc: 'Where the packets were first: the name of a mirror. A pair has a row for each direction.',
    },
    { name: 'to_mirror', field: 3, type: WORD, doc: 'Where they were next.' },
    { name: 'sample', field: 4, type: UINT32, doc: 'One packet in so many is sampled: 1 is each.' },
    {
      name: 'clocks',
      field: 5,
      type: CLOCKS,
      doc:
        'What the times at both ends come from: `common` (one clock: delays are right), `relative` (times ' +
        'of arrival, or clocks that were fitted apart: only how much delays vary is to be trusted).',
    },
    { name: 'matched', field: 6, type: UINT64, doc: 'Packets that both ends saw once.' },
    {
      name: 'lost',
      field: 7,
      type: UINT64,
      doc:
        'Packets that only `from_mirror` saw, while the mirror at the other end lacked nothing: the ' +
        'network lost them, or something on the way drops them.',
    },
    {
      name: 'unknown',
      field: 8,
      type: UINT64,
      doc:
        "Packets that one end saw, of which the other end's mirror may have lost its copy: they were due " +
        'while sequence numbers are missing, the mirror has none, or sent nothing at that time.',
    },
    {
      name: 'ambiguous',
      field: 9,
      type: UINT64,
      doc: 'Packets that were identical to another within the window: which is which cannot be told.',
    },
    {
      name: 'unmatchable',
      field: 10,
      type: UINT64,
      doc: 'Packets that one end saw fragmented, merged with others (GRO, TSO), or cut too short.',
    },
    {
      name: 'reordered',
      field: 11,
      type: UINT64,
      doc: 'Matched packets that a later packet of their conversation overtook (RFC 4737).',
    },
    {
      name: 'elsewhere',
      field: 12,
      type: UINT64,
      doc:
        'Packets that only `from_mirror` saw, to destinations that no packet of the pair has reached: they ' +
        'may take another way, and are not `lost`.',
    },
    {
      name: 'delay_min_ns',
      field: 13,
      type: INT64,
      doc: 'The least delay of `matched`, nanoseconds; 0 without any. Negative where clocks differ.',
    },
    { name: 'delay_p50_ns', field: 14, type: INT64, doc: 'Half of them took no longer.' },
    { name: 'delay_p95_ns', field: 15, type: INT64, doc: '95 % of them took no longer.' },
    { name: 'delay_p99_ns', field: 16, type: INT64, doc: '99 % of them took no longer.' },
    { name: 'delay_max_ns', field: 17, type: INT64, doc: 'The greatest delay.' },
    { name: 'collector', field: 18, type: WORD, from: 'collector', doc: 'Name of the collector.' },
  ],
  derived: [],
};

/** The columns of one direction, each with its number. */
function way(which: string, of: string, first: number): Column[] {
  const counts: readonly [string, string][] = [
    ['matched', 'Packets that both ends saw once'],
    ['lost', 'Packets that the network lost'],
    ['unknown', 'Packets that a mirror may have lost'],
    ['ambiguous', 'Packets identical to another'],
    ['unmatchable', 'Packets fragmented, merged or cut too short at one end'],
    ['reordered', 'Packets overtaken by a later one'],
  ];
  const delays: readonly [string, string][] = [
    ['delay_min_ns', 'The least delay'],
    ['delay_avg_ns', 'The mean delay'],
    ['delay_max_ns', 'The greatest delay'],
  ];
  return [
    ...counts.map(([name, doc], i) => ({
      name: `${which}_${name}`,
      field: first + i,
      type: UINT64,
      zeros: which,
      doc: `${doc}, ${of}: as in \`paths\`.`,
    })),
    ...delays.map(([name, doc], i) => ({
      name: `${which}_${name}`,
      field: first + counts.length + i,
      type: INT64,
      doc: `${doc} of \`${which}_matched\`, nanoseconds; 0 without any.`,
    })),
  ];
}

export const HOPS: Table = {
  name: 'hops',
  message: 'Hop',
  row:
    'what became of the packets of one conversation between the two places of a pair. It is written when ' +
    'the conversation is idle for a minute, after 15 minutes, and at the end.',
  columns: [
    { name: 'first_seen', field: 1, type: TIME, codec: 'Delta, ZSTD(1)', doc: 'Time of its first packet.' },
    { name: 'last_seen', field: 2, type: TIME, codec: 'Delta, ZSTD(1)', doc: 'Time of its last packet.' },
    { name: 'from_mirror', field: 3, type: WORD, doc: 'The first place of the pair.' },
    { name: 'to_mirror', field: 4, type: WORD, doc: 'The second place of the pair.' },
    { name: 'sample', field: 5, type: UINT32, doc: 'As in `paths`.' },
    { name: 'clocks', field: 6, type: CLOCKS, doc: 'As in `paths`.' },
    {
      name: 'client_ip',
      field: 7,
      type: IP,
      doc:
        'Who opened the conversation; without a SYN, the end with the higher port. With NAT, as at ' +
        '`from_mirror` where it was seen there.',
    },
    { name: 'server_ip', field: 8, type: IP, doc: 'The other end.' },
    { name: 'client_port', field: 9, type: UINT16, doc: 'Port of the client.' },
    { name: 'server_port', field: 10, type: UINT16, doc: 'Port of the server.' },
    { name: 'protocol', field: 11, type: UINT8, doc: 'IP protocol.' },
    ...way('forward', 'from `from_mirror` to `to_mirror`', 12),
    ...way('reverse', 'from `to_mirror` to `from_mirror`', 21),
    { name: 'collector', field: 30, type: WORD, from: 'collector', doc: 'Name of the collector.' },
  ],
  derived: [
    { name: 'client', derived: 'String', doc: "The client's address as text." },
    { name: 'server', derived: 'String', doc: "The server's address as text." },
    {
      name: 'community_id',
      derived: 'String',
      doc: 'Community ID v1 as in `sessions`, of TCP, UDP and SCTP; empty for others.',
    },
  ],
};
