import {
  IP,
  NULLABLE_UINT16,
  NULLABLE_UINT32,
  type Table,
  TEXT,
  TIME,
  UINT8,
  UINT32,
  WORD,
} from './column.js';

export const NETWORK_LOADS: Table = {
  name: 'network_loads',
  message: 'Network',
  row: 'a network that `mirrorlake networks load` has kept; the view `networks` has those that count.',
  columns: [
    { name: 'loaded', field: 1, type: TIME, doc: 'When it was loaded; the same for all of one load.' },
    {
      name: 'networks',
      field: 2,
      type: UINT32,
      doc:
        'Rows of this load; 0 in the only row of one that clears all. The newest load of which all rows ' +
        'are there is the one that counts.',
    },
    { name: 'address', field: 3, type: IP, doc: 'First address of the prefix, IPv4 as `::ffff:a.b.c.d`.' },
    { name: 'bits', field: 4, type: UINT8, doc: 'Length of the prefix, of 128; 96 and more for IPv4.' },
    { name: 'name', field: 5, type: TEXT, doc: 'What people call it.' },
    { name: 'site', field: 6, type: WORD, doc: 'Where it is.' },
    { name: 'role', field: 7, type: WORD, doc: 'What it is for: `guests`, `accounting`, ….' },
    { name: 'tenant', field: 8, type: WORD, doc: 'Whose it is.' },
    { name: 'vlan', field: 9, type: NULLABLE_UINT16, doc: 'The VLAN that it is in; NULL: any.' },
    { name: 'vni', field: 10, type: NULLABLE_UINT32, doc: 'The VNI that it is in; NULL: any.' },
    { name: 'loaded_from', field: 11, type: WORD, doc: 'Name of the file that it was loaded from.' },
  ],
  derived: [
    {
      name: 'prefix',
      derived: 'String',
      doc: 'The prefix as people write it: `10.0.0.0/8`, `2001:db8::/32`.',
    },
  ],
};
