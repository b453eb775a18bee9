import { Told } from '../../model/told.js';
import type { Dialogue } from '../reader.js';
import { startsWithOneOf, startsWithWord } from '../text.js';
import { Step, UpgradeReader, type UpgradeState } from '../upgrade.js';

const LOGIN = 'LOGIN ';
/** What comes only once it is settled whether TLS is used. */
const LATER = ['AUTHENTICATE ', 'SELECT ', 'LOGOUT'];
const SPACE = 0x20;
const QUOTE = 0x22;
/** Of a literal, whose bytes come in lines of their own. */
const BRACE = 0x7b;

/** IMAP as far as STARTTLS (RFC 9051 section 6.2.1), whose answer bears its tag, and the user's name. */
export class ImapReader extends UpgradeReader {
  protected override command(d: Dialogue, s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    const at = wordEnd(b, o, end) + 1;
    if (startsWithWord(b, at, end, 'STARTTLS')) {
      s.note = tagHash(b, o, at - 1);
      return Step.Ask;
    }
    if (startsWithWord(b, at, end, LOGIN)) {
      login(d, b, at + LOGIN.length, end);
      return Step.Over;
    }
    return startsWithOneOf(b, at, end, LATER) ? Step.Over : Step.Nothing;
  }

  protected override answer(s: UpgradeState, b: Uint8Array, o: number, end: number): Step {
    const tag = wordEnd(b, o, end);
    if (!s.isAsked || tagHash(b, o, tag) !== s.note) return Step.Nothing;
    return startsWithWord(b, tag + 1, end, 'OK') ? Step.Agree : Step.Refuse;
  }
}

/** The user's name, in quotes or not; the password behind it stays unread. */
function login(d: Dialogue, b: Uint8Array, o: number, end: number): void {
  if (o >= end || b[o] === BRACE) return;
  const isQuoted = b[o] === QUOTE;
  const from = isQuoted ? o + 1 : o;
  let p = from;
  while (p < end && b[p] !== (isQuoted ? QUOTE : SPACE)) p++;
  if (p < end) d.tell(Told.UserName, d.texts.utf8(b, from, p));
}

function wordEnd(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && b[p] !== SPACE) p++;
  return p;
}

function tagHash(b: Uint8Array, o: number, end: number): number {
  let h = end - o;
  for (let p = o; p < end; p++) h = (Math.imul(h, 31) + b[p]) | 0;
  return h;
}
