import { Told } from '../../model/told.js';
import type { Dialogue } from '../reader.js';
import { isLastReply, startsWithOneOf, startsWithWord } from '../text.js';
import { Step, UpgradeReader, type UpgradeState } from '../upgrade.js';

const USER = 'USER ';
/** Also `AUTH TLS-C` and `AUTH TLS-P`, of drafts. */
const AUTH = ['AUTH TLS', 'AUTH SSL'];
/** What comes only once it is settled whether TLS is used. */
const LATER = ['PASS ', 'QUIT'];

/** FTP as far as AUTH TLS (RFC 4217 section 4), which the server answers with 234, and the user's name. */
export class FtpReader extends UpgradeReader {
  protected override command(d: Dialogue, _s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    if (startsWithOneOf(b, o, end, AUTH)) return Step.Ask;
    if (startsWithWord(b, o, end, USER)) d.tell(Told.UserName, d.texts.utf8(b, o + USER.length, end));
    return startsWithOneOf(b, o, end, LATER) ? Step.Over : Step.Nothing;
  }

  protected override answer(_s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    return isLastReply(b, o, end, '234') ? Step.Agree : Step.Nothing;
  }
}
