/** What characters are in SQL. */
import {
  AT,
  BACKTICK,
  BRACE,
  BRACKET,
  CR,
  DOLLAR,
  DOT,
  DOUBLE,
  HASH,
  MINUS,
  OPEN,
  SEMICOLON,
  SINGLE,
  SLASH,
  SPACE,
  STAR,
  TAB,
  UNDERSCORE,
} from './characters.js';
import { Sql } from './dialects.js';

/** Classes of bytes. Up to `Dollar` they go on with a word as they are, up to `High` escaped. */
export const Class = {
  /** Letters, and other characters of which words are made from their beginning on. */
  Letter: 0,
  Digit: 1,
  /** It begins a word, an amount of money, or with PostgreSQL a parameter or a string. */
  Dollar: 2,
  /** Beyond ASCII: of words. */
  High: 3,
  /** White space, NUL. */
  Blank: 4,
  /** Stands for itself: operators, commas. */
  Plain: 5,
  /** Likewise; a statement may begin with it before its first word. */
  Open: 6,
  /** It stands for itself, or begins a number. */
  Dot: 7,
  Semicolon: 8,
  /** It stands for itself, or begins a comment. */
  Remark: 9,
  /** It begins a string or a quoted name; or it is a control. */
  Mark: 10,
} as const;
type Class = (typeof Class)[keyof typeof Class];

const made = new Map<number, Uint8Array>();

/** The class of each byte in a dialect (bits of Sql). */
export function classesOf(dialect: number): Uint8Array {
  let classes = made.get(dialect);
  if (classes === undefined) {
    classes = Uint8Array.from({ length: 256 }, (_, c) => classOf(c, dialect));
    made.set(dialect, classes);
  }
  return classes;
}

function classOf(c: number, dialect: number): Class {
  const letter = c | SPACE;
  if (c > 0x7f) return Class.High;
  if ((letter >= 0x61 && letter <= 0x7a) || c === UNDERSCORE || c === AT) return Class.Letter;
  if (c >= 0x30 && c <= 0x39) return Class.Digit;
  if (c === 0 || c === SPACE || (c >= TAB && c <= CR)) return Class.Blank;
  if (c < SPACE || c === 0x7f) return Class.Mark;
  switch (c) {
    case HASH:
      return (dialect & Sql.MysqlComments) !== 0 ? Class.Remark : Class.Letter;
    case DOLLAR:
      return Class.Dollar;
    case DOT:
      return Class.Dot;
    case SEMICOLON:
      return Class.Semicolon;
    case OPEN:
    case BRACE:
      return Class.Open;
    case SINGLE:
    case DOUBLE:
    case BACKTICK:
      return Class.Mark;
    case MINUS:
    case SLASH:
    case STAR:
      return Class.Remark;
    case BRACKET:
      return (dialect & Sql.Brackets) !== 0 ? Class.Mark : Class.Plain;
    default:
      return Class.Plain;
  }
}
