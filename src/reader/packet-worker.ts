/** The session thread of `read --packets`. */
import { PacketWork } from './packet-work.js';
import { serve } from './session-work.js';

serve((task, reader) => new PacketWork(task, reader));
