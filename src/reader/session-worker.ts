/** The session thread of `read`. */
import { serveSessions, toStarter } from './session-work.js';

serveSessions(toStarter());
