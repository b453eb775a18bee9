/** Asks a running collector through its control socket to look out for a trial's packets. */

import type { TrialBegun } from '../../model/trial.js';
import { ControlError, type ControlReply, openReply } from '../../observe/control.js';

/**
 * How long a collector may take to answer, and to report a packet that reached this host, in milliseconds.
 */
const BEGIN_MS = 5000;
const PATIENCE_MS = 2000;

export class Listener {
  private constructor(
    /** The collector's receiver; only raw sockets look out for packets. */
    readonly receiver: TrialBegun['receiver'],
    readonly token: Uint8Array | undefined,
    private readonly reply: ControlReply,
  ) {}

  /**
   * @returns undefined if no collector runs, or it does not know trials
   * @throws ControlError if it cannot be asked, or another doctor is asking it
   */
  static async open(control: string): Promise<Listener | undefined> {
    let reply: ControlReply;
    try {
      reply = await openReply(control, { command: 'trial' }, { within: BEGIN_MS });
    } catch (e) {
      if (
        e instanceof ControlError &&
        (e.unreached === 'nobody' || / does not know the command /.test(e.message))
      )
        return undefined;
      throw e;
    }
    const { receiver, token } = reply.result as TrialBegun;
    return new Listener(receiver, token === undefined ? undefined : Buffer.from(token, 'hex'), reply);
  }

  /**
   * Waits until it has reported all these packets, or until time is up.
   *
   * @param packets as {@link trialWord} names them
   * @returns those reported
   */
  async heard(packets: readonly string[]): Promise<Set<string>> {
    let told = new Set<string>();
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    const body = this.reply.body[Symbol.asyncIterator]();
    try {
      while (!packets.every((p) => told.has(p))) {
        const next = await Promise.race([body.next(), late]);
        if (next === undefined || next.done === true) break;
        text += next.value.toString();
        told = new Set(text.match(/\S+/g));
      }
    } finally {
      clearTimeout(timer);
      this.leave(body);
    }
    return told;
  }

  /** Ends the trial. */
  close(): void {
    this.leave(this.reply.body[Symbol.asyncIterator]());
  }

  private leave(body: AsyncIterator<Buffer>): void {
    this.reply.close();
    body.return?.().catch(() => {});
  }
}
