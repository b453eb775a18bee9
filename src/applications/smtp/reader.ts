import type { Dialogue } from '../reader.js';
import { isLastReply, startsWithOneOf, startsWithWord } from '../text.js';
import { Step, UpgradeReader, type UpgradeState } from '../upgrade.js';

/** What comes only once it is settled whether TLS is used. */
const LATER = ['AUTH ', 'MAIL ', 'QUIT'];

/** SMTP as far as STARTTLS (RFC 3207), which the server answers with 220. */
export class SmtpReader extends UpgradeReader {
  protected override command(_d: Dialogue, _s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    if (startsWithWord(b, o, end, 'STARTTLS')) return Step.Ask;
    return startsWithOneOf(b, o, end, LATER) ? Step.Over : Step.Nothing;
  }

  protected override answer(_s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    return isLastReply(b, o, end, '220') ? Step.Agree : Step.Nothing;
  }
}
