/** Pieces of NDJSON that are strings: packets, which have many layers, are printed as such. */

import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../../model/mirror-point.js';
import { formatIp } from '../../wire/ip/addresses.js';

/** A time as RFC 3339 in UTC with nine digits. `sec` is in seconds since 1970. */
export function rfc3339(sec: number, nsec: number): string {
  return `${seconds(sec)}.${String(nsec).padStart(9, '0')}Z`;
}

const DAY = 86_400;
let lastDay = -1;
let lastDayText = '';
const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

/** 2026-01-31T23:59:59; consecutive rows are mostly of the same day. */
function seconds(sec: number): string {
  const ofDay = sec % DAY;
  if (sec - ofDay !== lastDay) {
    lastDay = sec - ofDay;
    lastDayText = new Date(lastDay * 1000).toISOString().slice(0, 11);
  }
  const hours = Math.floor(ofDay / 3600);
  const minutes = Math.floor(ofDay / 60) % 60;
  return `${lastDayText}${TWO_DIGITS[hours]}:${TWO_DIGITS[minutes]}:${TWO_DIGITS[ofDay % 60]}`;
}

const pointTexts = new WeakMap<MirrorPoint, string>();

/** The columns that identify the mirror point; there are few points. */
export function pointJson(p: MirrorPoint): string {
  let json = pointTexts.get(p);
  if (json === undefined) {
    json =
      `"mirror_type":"${MIRROR_TYPE_NAMES[p.type]}","mirror_source":"${formatIp(p.source, 0)}"` +
      `,"mirror_target":"${formatIp(p.target, 0)}","mirror_session":${p.session}`;
    pointTexts.set(p, json);
  }
  return json;
}

const texts = new Map<string, string>();
/** Words recur (tcp, SF, dns); beyond this many they are not cached. */
const MOST_TEXTS = 1000;

export function text(value: string): string {
  let json = texts.get(value);
  if (json === undefined) {
    json = JSON.stringify(value);
    if (texts.size < MOST_TEXTS) texts.set(value, json);
  }
  return json;
}
