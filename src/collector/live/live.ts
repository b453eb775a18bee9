/** What happens now, for those who ask through the control socket: rows, open sessions, frames. */
import { UsageError } from '../../model/errors.js';
import type { ShownRowsStatus } from '../../model/status.js';
import type { ControlHandler } from '../../observe/control.js';
import type { MirrorRules } from '../policy.js';
import { FrameWatches } from './frame-watches.js';
import type { LiveOutput, LivePath } from './live-path.js';
import { OpenSessions } from './open-sessions.js';
import { RowReaders } from './row-readers.js';

export interface LiveOptions {
  /** The collector's packet paths; none while it starts. */
  readonly paths: () => readonly LivePath[];
  /** It observes nothing: it only has tunnels. */
  readonly blind: boolean;
  readonly rules: () => MirrorRules;
  /** Readers of `rows` at once; MOST_ROW_READERS by default. */
  readonly readers?: number;
}

export class Live {
  private readonly rows: RowReaders;
  private readonly open: OpenSessions;
  private readonly frames: FrameWatches;
  /** The commands. */
  readonly handlers: Readonly<Record<'rows' | 'open' | 'frames', ControlHandler>>;

  constructor({ paths, blind, rules, readers }: LiveOptions) {
    this.rows = new RowReaders(paths, readers);
    this.open = new OpenSessions(paths);
    this.frames = new FrameWatches(paths, rules);
    const sees = (handler: ControlHandler): ControlHandler => {
      if (!blind) return handler;
      return () => {
        throw new UsageError('this collector observes nothing (`store: none`): it only has tunnels');
      };
    };
    this.handlers = {
      rows: sees((_, answer) => this.rows.read(answer)),
      open: sees((request, answer) => this.open.answer(request, answer)),
      frames: sees((request) => this.frames.answer(request, Date.now())),
    };
  }

  get shownRows(): ShownRowsStatus {
    return this.rows.status;
  }

  /** Where a packet path tells. */
  output(path: number): LiveOutput {
    return {
      rows: (rows) => this.rows.take(rows),
      open: (rows) => this.open.take(path, rows),
      frames: (frames) => this.frames.take(frames),
    };
  }

  /** To be called once a second. @param now milliseconds since 1970 */
  second(now: number): void {
    this.rows.second(now);
    this.frames.expire(now);
  }
}
