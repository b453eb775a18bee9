/** Who is at the other end of a Unix socket. */
import { getOption, SOL_SOCKET } from './socket.js';

const SO_PEERCRED = 17;

/** The user of whoever connected to a Unix socket (unix(7)). @throws LinuxError for another descriptor */
export function peerUser(descriptor: number): number {
  const credentials = new Uint32Array(3);
  getOption(descriptor, SOL_SOCKET, SO_PEERCRED, new Uint8Array(credentials.buffer), 'the other user');
  return credentials[1];
}
