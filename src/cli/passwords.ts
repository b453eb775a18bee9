/** Passwords on the command line: what `ps` and error messages show instead. */
import { withoutPassword } from '../model/store-location.js';

/**
 * A word of the command line without the password of a URL in it, as in
 * `--store=http://user:password@host/db`.
 */
export function shownWord(word: string): string {
  const [option] = /^--?[\w-]+=/.exec(word) ?? [''];
  const value = word.slice(option.length);
  const whole = withoutPassword(value);
  if (whole !== value) return option + whole;
  const url = /[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.index ?? 0;
  return option + value.slice(0, url) + withoutPassword(value.slice(url));
}

/** A text that may repeat these words (with or without their option's name), without their passwords. */
export function withoutPasswordsOf(words: readonly string[], text: string): string {
  let shown = text;
  for (const word of words) {
    const [option] = /^--?[\w-]+=/.exec(word) ?? [''];
    const value = word.slice(option.length);
    const hidden = shownWord(value);
    if (hidden !== value) shown = shown.replaceAll(value, () => hidden);
  }
  return shown;
}
