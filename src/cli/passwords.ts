/** Passwords on the command line: what `ps` and error messages show in place of the words that hold them. */
import { withoutPassword } from '../model/store-location.js';

/** A word of the command line without the password of a URL in it, as in `--store=http://user:password@host/db`. */
export function shownWord(word: string): string {
  const [option] = /^--?[\w-]+=/.exec(word) ?? [''];
  const value = word.slice(option.length);
  const whole = withoutPassword(value);
  if (whole !== value) return option + whole;
  const url = /[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.index ?? 0;
  return option + value.slice(0, url) + withoutPassword(value.slice(url));
}

/** A text without the passwords of these words, which it may repeat, with or without the name of their option. */
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
