/** Where the frames that a session table takes end up, for whoever keeps frames with their sessions. */

/** Told when the fragments of a train have their session. */
export interface TrainWatcher {
  /**
   * The fragments that waited in a train have a session.
   *
   * @param train what {@link FrameSessions.lastTrain} said when they came
   * @param sessionId 16 bytes, reused
   * @param before packets of the session's row that came before them
   */
  settled(train: number, sessionId: Uint8Array, before: number): void;
}

/** A session table, asked about the frame that it took last. */
export interface FrameSessions {
  /** How many trains of fragments there may be; {@link lastTrain} is below it. */
  readonly trainCount: number;
  /**
   * The session of the last frame.
   *
   * @param id 16 bytes, filled with its id
   * @returns which packet of the session's row the frame was, from 1; 0 where it has no session, or none yet
   */
  lastSession(id: Uint8Array): number;
  /** The train that the last frame waits in, -1 where it waits in none. */
  lastTrain(): number;
  watchTrains(watcher: TrainWatcher): void;
}
