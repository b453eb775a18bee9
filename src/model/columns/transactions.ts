import {
  COPY,
  IP,
  IPS,
  NULLABLE_UINT32,
  type Table,
  TEXT,
  TIME,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  UUID,
  WORD,
  WORD_MAP,
} from './column.js';
import { endColumns } from './ends.js';
import { MIRROR_TYPE, OUTCOME } from './words.js';

export const TRANSACTIONS: Table = {
  name: 'transactions',
  message: 'Transaction',
  row: 'one question and its answer, of whatever protocol.',
  columns: [
    { name: 'session_id', field: 1, type: UUID, doc: "The conversation's, in `sessions`." },
    {
      name: 'number',
      field: 3,
      type: UINT32,
      doc: '0, 1, 2, … of the transactions of a conversation, in the order in which they were stored.',
    },
    {
      name: 'copy',
      field: 32,
      type: COPY,
      doc: 'As in `sessions`: `copy IN (0, 255)` counts each transaction once.',
    },
    {
      name: 'time',
      field: 2,
      type: TIME,
      codec: 'Delta, ZSTD(1)',
      doc: "Time of the question's last byte; of the answer's first, where no question was seen.",
    },
    { name: 'mirror_type', field: 27, type: MIRROR_TYPE, from: 'point.type', doc: 'As in `sessions`.' },
    { name: 'mirror_source', field: 4, type: IP, from: 'point.source', doc: 'As in `sessions`.' },
    { name: 'mirror_session', field: 5, type: UINT32, from: 'point.session', doc: 'As in `sessions`.' },
    { name: 'mirror_name', field: 28, type: WORD, from: 'point.name', doc: 'As in `sessions`.' },
    { name: 'site', field: 29, type: WORD, from: 'point.site', doc: 'As in `sessions`.' },
    { name: 'gre_key', field: 30, type: NULLABLE_UINT32, from: 'point.key', doc: 'As in `sessions`.' },
    { name: 'vni', field: 31, type: NULLABLE_UINT32, doc: 'As in `sessions`.' },
    { name: 'client_ip', field: 6, type: IP, doc: "Address of the conversation's client, as in `sessions`." },
    { name: 'server_ip', field: 7, type: IP, doc: "Address of the conversation's server." },
    { name: 'client_port', field: 8, type: UINT16, doc: 'As in `sessions`.' },
    { name: 'server_port', field: 9, type: UINT16, doc: 'As in `sessions`.' },
    { name: 'protocol', field: 10, type: UINT8, doc: 'IP protocol number: 6 TCP, 17 UDP.' },
    {
      name: 'app_protocol',
      field: 11,
      type: WORD,
      doc:
        'What was spoken: `dns`, `http`, `smb`, …. Behind SOCKS or CONNECT it is the word of what is ' +
        "inside, where the conversation's own is `socks` or `http`.",
    },
    {
      name: 'method',
      field: 12,
      type: WORD,
      doc: 'What was asked: `GET`, `A`, `CREATE`, ….',
    },
    { name: 'name', field: 13, type: TEXT, doc: 'Of whom: a host, a share, a database, ….' },
    { name: 'resource', field: 14, type: TEXT, doc: 'For what: a path, a file, a statement, ….' },
    { name: 'user_name', field: 15, type: WORD, doc: 'Who asked, where the messages say so.' },
    {
      name: 'status',
      field: 16,
      type: WORD,
      doc: "What the answer says, in the protocol's words: `NXDOMAIN`, `404`, `STATUS_ACCESS_DENIED`.",
    },
    {
      name: 'outcome',
      field: 17,
      type: OUTCOME,
      doc:
        'How it ended, one word for all protocols: `ok`, `client_error` (the question was refused or ' +
        'wrong), `server_error` (the server could not), `unanswered` (no answer within 10 seconds over ' +
        "UDP, or by the conversation's end), `unasked` (an answer whose question was not seen).",
    },
    {
      name: 'response_us',
      field: 18,
      type: UINT32,
      codec: 'T64, ZSTD(1)',
      doc: "Microseconds from the question's last byte to the answer's first; 0 without one of them.",
    },
    {
      name: 'transfer_us',
      field: 19,
      type: UINT32,
      codec: 'T64, ZSTD(1)',
      doc: "Microseconds from the answer's first byte to its last.",
    },
    {
      name: 'request_bytes',
      field: 20,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      doc: 'Bytes of the question; of its body, in HTTP.',
    },
    {
      name: 'response_bytes',
      field: 21,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      doc: 'Bytes of the answer; of its body, in HTTP.',
    },
    { name: 'answers', field: 22, type: IPS, doc: 'Addresses in the answer, at most 16.' },
    {
      name: 'ttl',
      field: 23,
      type: UINT32,
      doc: "How long the answer holds, in seconds: the least TTL of DNS's records, DHCP's lease.",
    },
    {
      name: 'attributes',
      field: 24,
      type: WORD_MAP,
      doc: 'What else was said, by name, at most 16: `user_agent`, `etype`, `client_mac`, ….',
    },
    {
      name: 'partial',
      field: 25,
      type: WORD,
      doc: 'Why a message was not read to its end, as in `sessions`.',
    },
    ...endColumns(33, 'sessions'),
    { name: 'collector', field: 26, type: WORD, from: 'collector', doc: 'As in `sessions`.' },
  ],
  derived: [
    { name: 'client', derived: 'String', doc: "The client's address as people write it." },
    { name: 'server', derived: 'String', doc: "The server's address, likewise." },
    {
      name: 'domain',
      derived: 'String',
      doc: 'The part of `name` that is registered: `example.com` of `www.example.com`.',
    },
    {
      name: 'community_id',
      derived: 'String',
      printedAfter: 'number',
      doc: 'As in `sessions`.',
    },
  ],
};
