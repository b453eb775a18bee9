import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import type { Sample } from '../../support/sample.js';
import {
  ALL,
  C,
  create,
  created,
  dialects,
  fileId,
  negotiated,
  packet,
  RELATED,
  request,
  response,
  SAME_FILE,
  sessionSetup,
  smb1,
  treeConnect,
  withFile,
} from './messages.js';

const MORE = 0xc000_0016;
const related = { tree: ALL, session: ALL, flags: RELATED };

export const samples: readonly Sample[] = [
  {
    server: 445,
    messages: [
      ['client', packet(request(C.NEGOTIATE, { id: 0 }))],
      ['server', packet(negotiated({ id: 0 }, 0x0311))],
      ['client', packet(sessionSetup({ id: 1 }, ntlmMessage(1)))],
      ['server', packet(response(C.SESSION_SETUP, { id: 1, session: 9, status: MORE }))],
      ['client', packet(sessionSetup({ id: 2, session: 9 }, ntlmAuthenticate('DOM', 'alice', 'PC')))],
      ['server', packet(response(C.SESSION_SETUP, { id: 2, session: 9 }))],
      ['client', packet(treeConnect({ id: 3, session: 9 }, '\\\\srv\\docs'))],
      ['server', packet(response(C.TREE_CONNECT, { id: 3, session: 9, tree: 5 }))],
      [
        'client',
        packet(
          create({ id: 4, session: 9, tree: 5 }, 'a\\b.txt'),
          withFile(C.QUERY_INFO, { id: 5, ...related }, SAME_FILE),
          withFile(C.CLOSE, { id: 6, ...related }, SAME_FILE),
        ),
      ],
      [
        'server',
        packet(
          created({ id: 4, session: 9, tree: 5 }, fileId(7)),
          response(C.QUERY_INFO, { id: 5, session: 9, tree: 5 }),
          response(C.CLOSE, { id: 6, session: 9, tree: 5 }),
        ),
      ],
    ],
  },
  {
    server: 139,
    messages: [
      ['client', packet(smb1(0x72, false, dialects('NT LM 0.12', 'SMB 2.002', 'SMB 2.???')))],
      ['server', packet(negotiated({ id: 0 }, 0x02ff))],
    ],
  },
];
