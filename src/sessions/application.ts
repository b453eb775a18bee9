/** The application protocol of a session, from its first messages. */
import { Recogniser } from '../applications/engine/recogniser.js';
import { CODE } from '../applications/names.js';
import { Opening } from '../applications/reader.js';
import { APPLICATIONS } from '../applications/registry.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';

/** Messages examined per side before a session's protocol remains unknown. */
export const MAX_TRIES = 4;

const OVER_TCP = new Recogniser(APPLICATIONS, 'tcp');
const OVER_UDP = new Recogniser(APPLICATIONS, 'udp');
const OPENING = new Opening();

/**
 * Recognises the application protocol of one message.
 *
 * @param client whether the client sent it
 * @returns an index in APPLICATION_NAMES, 0 if nothing fits (the next message may tell more).
 */
export function recogniseApplication(
  protocol: number,
  b: Uint8Array,
  o: number,
  end: number,
  client: boolean,
  clientPort: number,
  serverPort: number,
): number {
  if (protocol !== IpProtocol.Tcp && protocol !== IpProtocol.Udp) return 0;
  const m = OPENING;
  m.bytes = b;
  m.start = o;
  m.end = end;
  m.length = end - o;
  m.fromClient = client;
  m.clientPort = clientPort;
  m.serverPort = serverPort;
  return CODE[(protocol === IpProtocol.Tcp ? OVER_TCP : OVER_UDP).recognise(m)?.name ?? ''];
}
