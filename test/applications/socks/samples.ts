import { hello } from '../../support/handed-on.js';
import { hex } from '../../support/hex.js';
import type { Sample } from '../../support/sample.js';

/** Version 5 by user and password, to a name; version 5 to IPv6; version 4 and 4A. */
export const samples: readonly Sample[] = [
  {
    server: 1080,
    messages: [
      ['client', hex('05020002')],
      ['server', hex('0502')],
      ['client', hex('0105616c69636506736563726574')],
      ['server', hex('0100')],
      ['client', hex('050100030b6578616d706c652e636f6d01bb')],
      ['server', hex('05000001000000000000')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 1080,
    messages: [
      ['client', hex('050100')],
      ['server', hex('0500')],
      ['client', hex('0501000420010db800000000000000000000000101bb')],
      ['server', hex('0500000420010db8000000000000000000000002c000')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 1080,
    messages: [
      ['client', hex('040101bbcb007105616c69636500')],
      ['server', hex('005a000000000000')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 1080,
    messages: [
      ['client', hex('040101bb00000001006578616d706c652e636f6d00')],
      ['server', hex('005a01bbcb007105')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
];
