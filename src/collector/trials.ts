/**
 * Trials of the path to this host: `doctor` asks for a token through the control socket, sends packets with
 * it to this host, and is told which arrived. Such a packet counts nowhere. One token is active at
 * a time, for seconds, and only while its asker is connected; otherwise packets are not examined for tokens.
 */
import { randomBytes } from 'node:crypto';
import { type TrialBegun, trialWord } from '../model/trial.js';
import type { BodyWriter } from '../observe/body.js';
import { type ControlAnswer, ControlError } from '../observe/control.js';
import type { Trial } from '../receive/trial.js';
import { TRIAL_TOKEN_LENGTH } from '../wire/tunnel/trial.js';

/** How long a token is active, in milliseconds. */
export const TRIAL_MS = 5000;

/** What has a trial's packet looked out for: {@link RawReceiver}. */
export interface TrialReceiver {
  trial: Trial | undefined;
  /** The UDP ports it receives on, 0 for GRE. */
  readonly trialPorts: readonly number[];
}

/**
 * Answers the command `trial`. The body has a word per packet that arrived, see {@link trialWord}, and a
 * space after each. It ends when all there may be have arrived, or when time is up.
 *
 * @param receiver undefined: there are no sockets
 * @throws ControlError while another token is active
 */
export async function answerTrial(
  receiver: TrialReceiver | undefined,
  otherwise: 'ring' | 'none',
  answer: ControlAnswer,
): Promise<TrialBegun | undefined> {
  if (receiver === undefined) return { receiver: otherwise };
  if (receiver.trial !== undefined)
    throw new ControlError('another `mirrorlake doctor` is trying the way in: try again in a few seconds');
  const token = randomBytes(TRIAL_TOKEN_LENGTH);
  await new Promise<void>((resolve) => {
    const missing = new Set(receiver.trialPorts.flatMap((port) => [trialWord(4, port), trialWord(6, port)]));
    let body: BodyWriter | undefined;
    const trial: Trial = {
      token,
      arrived: (version, port) => {
        const word = trialWord(version, port);
        if (!missing.delete(word)) return;
        body?.write(Buffer.from(`${word} `));
        if (missing.size === 0) done();
      },
    };
    const done = (): void => {
      clearTimeout(late);
      // By the time an asker leaves, another's token may be active.
      if (receiver.trial !== trial) return;
      receiver.trial = undefined;
      body?.end();
      resolve();
    };
    const late = setTimeout(done, TRIAL_MS);
    receiver.trial = trial;
    answer.onClose(done);
    body = answer.begin({ receiver: 'raw', token: token.toString('hex') } satisfies TrialBegun);
  });
  return undefined;
}
