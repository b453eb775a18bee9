/**
 * Rows as lines of NDJSON: the store's column names in the columns' order, numbers as JSON numbers, enums as
 * words, addresses in text form, times as RFC 3339 in UTC with nanoseconds. Sessions, which are many, have
 * store/session-ndjson.ts.
 */

import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../../model/mirror-point.js';
import { type MirrorRecord, SEQUENCE_USE_NAMES } from '../../model/mirror-record.js';
import type { TunnelRecord } from '../../model/tunnel-record.js';
import { formatIp } from '../../wire/ip/addresses.js';

/** A row of `mirrors`. @param collector the name in the column `collector` */
export function mirrorJson(r: MirrorRecord, collector: string): string {
  return (
    `{"minute":"${seconds(r.minute)}Z",${pointJson(r.point)},"gre_key":${r.point.key}` +
    `,"packets":${r.packets},"bytes":${r.bytes},"sequence":"${SEQUENCE_USE_NAMES[r.sequence]}"` +
    `,"lost":${r.lost},"reordered":${r.reordered},"repeated":${r.repeated}` +
    `,"truncated":${r.truncated},"malformed":${r.malformed},"kernel_drops":${r.kernelDrops}` +
    `,"collector":${text(collector)}}`
  );
}

/** A row of `tunnels`. @param collector the name in the column `collector` */
export function tunnelJson(r: TunnelRecord, collector: string): string {
  return (
    `{"minute":"${seconds(r.minute)}Z","name":${text(r.name)},"mode":${text(r.mode)}` +
    `,"local":"${formatIp(r.local, 0)}","remote":"${formatIp(r.remote, 0)}","key":${r.key}` +
    `,"rx_packets":${r.rxPackets},"rx_bytes":${r.rxBytes},"rx_errors":${r.rxErrors}` +
    `,"rx_dropped":${r.rxDropped},"multicast":${r.multicast}` +
    `,"rx_length_errors":${r.rxLengthErrors},"rx_crc_errors":${r.rxCrcErrors}` +
    `,"rx_frame_errors":${r.rxFrameErrors},"rx_fifo_errors":${r.rxFifoErrors}` +
    `,"tx_packets":${r.txPackets},"tx_bytes":${r.txBytes},"tx_errors":${r.txErrors}` +
    `,"tx_dropped":${r.txDropped},"tx_aborted_errors":${r.txAbortedErrors}` +
    `,"tx_carrier_errors":${r.txCarrierErrors},"collisions":${r.collisions}` +
    `,"collector":${text(collector)}}`
  );
}

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
