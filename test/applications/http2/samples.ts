import type { Sample } from '../../support/sample.js';
import { block, data, FLAG, frame, headers, PREFACE, SETTINGS, TYPE } from './frames.js';

const request = block(
  { ':method': 'POST', ':scheme': 'http', ':path': '/a?b', ':authority': 'x.example:80' },
  true,
);
const response = block({ ':status': '200', 'content-type': 'application/grpc' }, true);
const padded = Buffer.concat([Buffer.from([3]), request, Buffer.alloc(3)]);

export const samples: readonly Sample[] = [
  {
    server: 50051,
    messages: [
      ['client', Buffer.concat([PREFACE, SETTINGS, headers(1, request), data(1, 'question', true)])],
      ['server', Buffer.concat([SETTINGS, headers(1, response), data(1, 'answer')])],
      ['server', headers(1, block({ 'grpc-status': '5' }), FLAG.endHeaders | FLAG.endStream)],
      ['client', frame(TYPE.headers, FLAG.padded, 3, padded)],
      ['client', frame(TYPE.continuation, FLAG.endHeaders, 3, block({ 'user-agent': 'test' }))],
      ['server', frame(TYPE.reset, 0, 3, '\0\0\0\x07')],
    ],
  },
];
