import { Told } from '../../model/told.js';
import type { Dialogue } from '../reader.js';
import { startsWith, startsWithOneOf, startsWithWord } from '../text.js';
import { Step, UpgradeReader, type UpgradeState } from '../upgrade.js';

const USER = 'USER ';
/** With a name, and a digest that stays unread. */
const APOP = 'APOP ';
/** What comes only once it is settled whether TLS is used. */
const LATER = ['PASS ', 'AUTH ', 'QUIT'];
const SPACE = 0x20;

/** POP3 as far as STLS (RFC 2595 section 4), and the user's name. */
export class Pop3Reader extends UpgradeReader {
  protected override command(d: Dialogue, _s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    if (startsWithWord(b, o, end, 'STLS')) return Step.Ask;
    if (startsWithWord(b, o, end, USER)) d.tell(Told.UserName, d.texts.utf8(b, o + USER.length, end));
    if (startsWithWord(b, o, end, APOP)) {
      let p = o + APOP.length;
      while (p < end && b[p] !== SPACE) p++;
      d.tell(Told.UserName, d.texts.utf8(b, o + APOP.length, p));
      return Step.Over;
    }
    return startsWithOneOf(b, o, end, LATER) ? Step.Over : Step.Nothing;
  }

  protected override answer(_s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    if (startsWith(b, o, end, '+OK')) return Step.Agree;
    return startsWith(b, o, end, '-ERR') ? Step.Refuse : Step.Nothing;
  }
}
