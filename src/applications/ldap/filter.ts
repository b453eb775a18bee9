import { Ber, context, Tag } from '../asn1/ber.js';
import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';

/** Choices of Filter (RFC 4511, 4.5.1.7). */
const Choice = {
  And: context(0),
  Or: context(1),
  Not: context(2),
  EqualityMatch: context(3),
  Substrings: context(4),
  GreaterOrEqual: context(5),
  LessOrEqual: context(6),
  Present: context(7, false),
  ApproxMatch: context(8),
  ExtensibleMatch: context(9),
} as const;
const FINAL = context(2, false);
const MATCHING_RULE = context(1, false);
const TYPE = context(2, false);
const MATCH_VALUE = context(3, false);
const DN_ATTRIBUTES = context(4, false);

/** Filters within filters; those deeper are left out. */
const MOST_DEPTH = 32;
const HEX = '0123456789abcdef';

/** Writes filters as RFC 4515 has them: `(&(objectClass=user)(!(cn=a*)))`. */
export class Filters {
  private readonly ber = new Ber();
  /** Where the filters around the one at hand end. */
  private readonly ends = new Uint32Array(MOST_DEPTH);

  /** The filter in bytes `o` to `end`, as far as they go with `partial`; '' if it is none. */
  text(texts: Texts, b: Uint8Array, o: number, end: number, partial: boolean): string {
    const { ber, ends } = this;
    ber.set(b, o, end, partial);
    texts.begin();
    let depth = 0;
    // What is longer than a resource is not told anyway.
    while (texts.added <= LONGEST_RESOURCE) {
      if (ber.next()) {
        const operator = operatorOf(ber.tag);
        if (operator === 0) {
          if (!ber.cut) this.item(texts, ber.tag);
        } else if (depth < MOST_DEPTH) {
          texts.add(0x28);
          texts.add(operator);
          ends[depth++] = ber.end;
          ber.enter();
        }
      } else if (ber.bad) return '';
      else if (depth > 0) {
        ber.leave(ends[--depth]);
        texts.add(0x29);
      } else break;
    }
    return texts.take(LONGEST_RESOURCE);
  }

  /** A filter without filters in it. */
  private item(texts: Texts, tag: number): void {
    const { ber } = this;
    texts.add(0x28);
    if (tag === Choice.Present) {
      addValue(texts, ber);
      texts.addWord('=*');
    } else {
      const { end } = ber;
      ber.enter();
      if (tag === Choice.Substrings) this.substrings(texts);
      else if (tag === Choice.ExtensibleMatch) this.extensible(texts);
      else {
        if (ber.expect(Tag.OctetString)) addValue(texts, ber);
        texts.addWord(comparisonOf(tag));
        if (ber.expect(Tag.OctetString)) addValue(texts, ber);
      }
      ber.at = ber.end;
      ber.leave(end);
    }
    texts.add(0x29);
  }

  /** `cn=a*b*c` */
  private substrings(texts: Texts): void {
    const { ber } = this;
    if (ber.expect(Tag.OctetString)) addValue(texts, ber);
    texts.add(0x3d);
    if (!ber.into(Tag.Sequence)) return;
    let isFinal = false;
    for (let isFirst = true; ber.next(); isFirst = false) {
      isFinal = ber.tag === FINAL;
      // An initial one has nothing before it.
      if (!isFirst || ber.tag !== context(0, false)) texts.add(0x2a);
      addValue(texts, ber);
    }
    if (!isFinal) texts.add(0x2a);
  }

  /** `cn:dn:2.4.6.8.10:=value` */
  private extensible(texts: Texts): void {
    const { ber } = this;
    const b = ber.bytes;
    let rule = 0;
    let ruleEnd = 0;
    let value = 0;
    let valueEnd = 0;
    let isOfDn = false;
    while (ber.next()) {
      if (ber.tag === MATCHING_RULE) {
        rule = ber.start;
        ruleEnd = ber.stop;
      } else if (ber.tag === TYPE) addValue(texts, ber);
      else if (ber.tag === MATCH_VALUE) {
        value = ber.start;
        valueEnd = ber.stop;
      } else if (ber.tag === DN_ATTRIBUTES) isOfDn = ber.stop > ber.start && b[ber.start] !== 0;
    }
    if (isOfDn) texts.addWord(':dn');
    if (ruleEnd > rule) texts.add(0x3a);
    texts.addBytes(b, rule, ruleEnd);
    texts.addWord(':=');
    addEscaped(texts, b, value, valueEnd);
  }
}

function operatorOf(tag: number): number {
  switch (tag) {
    case Choice.And:
      return 0x26;
    case Choice.Or:
      return 0x7c;
    case Choice.Not:
      return 0x21;
    default:
      return 0;
  }
}

function comparisonOf(tag: number): string {
  switch (tag) {
    case Choice.GreaterOrEqual:
      return '>=';
    case Choice.LessOrEqual:
      return '<=';
    case Choice.ApproxMatch:
      return '~=';
    default:
      return '=';
  }
}

function addValue(texts: Texts, ber: Ber): void {
  addEscaped(texts, ber.bytes, ber.start, ber.stop);
}

/** Adds a value; what would be syntax, or is no ASCII text, as `\28` (RFC 4515, 3). */
function addEscaped(texts: Texts, b: Uint8Array, o: number, end: number): void {
  for (let i = o; i < end; i++) {
    const c = b[i];
    if (c >= 0x20 && c <= 0x7e && c !== 0x28 && c !== 0x29 && c !== 0x2a && c !== 0x5c) texts.add(c);
    else {
      texts.add(0x5c);
      texts.add(HEX.charCodeAt(c >> 4));
      texts.add(HEX.charCodeAt(c & 15));
    }
  }
}
