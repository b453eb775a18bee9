/** The session thread of `read`. */
import { SessionWork, serve } from './session-work.js';

serve((task, reader) => new SessionWork(task, reader));
