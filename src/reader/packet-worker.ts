/** The session thread of `read --packets`. */
import { servePackets } from './packet-work.js';
import { toStarter } from './session-work.js';

servePackets(toStarter());
