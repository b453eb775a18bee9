import { ADDED, DAY, EARLIEST, IP, LATEST, NULLABLE_UINT32, type Table, TEXT } from './column.js';
import { NAME_SOURCE } from './words.js';

export const NAMES: Table = {
  name: 'names',
  message: 'Name',
  row: 'what an address was called on one day, by one kind of message.',
  columns: [
    { name: 'day', field: 1, type: DAY, doc: 'The day, in UTC.' },
    { name: 'address', field: 2, type: IP, doc: 'The address, IPv4 as `::ffff:a.b.c.d`.' },
    {
      name: 'vni',
      field: 3,
      type: NULLABLE_UINT32,
      doc: 'Network of the overlay that the address is in, as in `sessions`.',
    },
    { name: 'name', field: 4, type: TEXT, doc: 'The name, lower case, without a dot at its end.' },
    {
      name: 'source',
      field: 5,
      type: NAME_SOURCE,
      doc:
        'What said so: `file` (`names_file`), `dhcp` (the host asked under this name), `mdns`, `llmnr`, ' +
        '`kerberos`, `ntlm`, `smb` (the computer that logs on, or is logged on to), `tls` (the server name ' +
        'that a client asked for), `http` (the host), `dns` (an answer).',
    },
    {
      name: 'first_seen',
      field: 6,
      type: EARLIEST,
      codec: 'Delta, ZSTD(1)',
      doc: 'When it was seen first that day.',
    },
    {
      name: 'last_seen',
      field: 7,
      type: LATEST,
      codec: 'Delta, ZSTD(1)',
      doc: 'When it was seen last that day.',
    },
    {
      name: 'count',
      field: 8,
      type: ADDED,
      codec: 'T64, ZSTD(1)',
      doc: 'How often; the rows of one key may not be added up yet.',
    },
  ],
  derived: [{ name: 'host', derived: 'String', doc: 'The address as people write it.' }],
};
