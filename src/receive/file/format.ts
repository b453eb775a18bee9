import type { PacketBatch } from '../../model/batch.js';
import type { ReadAhead } from './read-ahead.js';

/** The longest packet a capture can hold: tcpdump's MAXIMUM_SNAPLEN. A longer one is taken for damage. */
export const MAX_PACKET = 262144;
/** The longest record that is parsed: a packet with its header and options. */
export const MAX_RECORD = MAX_PACKET + 65536;

/** One interface of a capture. */
export interface CaptureInterface {
  /** As the capture names it (`eth0`), empty where it does not. */
  readonly name: string;
  readonly description: string;
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Bytes kept of a packet at most; 0: no limit. */
  readonly snapLength: number;
}

/** What a capture's bytes turned out not to be, and where. */
export interface Damage {
  readonly offset: number;
  readonly what: string;
}

/** Reads the records of one capture format out of a window. */
export interface CaptureFormat {
  readonly name: 'pcap' | 'pcapng';
  /** All interfaces of all sections so far; `PacketBatch.interface` is an index into it. */
  readonly interfaces: readonly CaptureInterface[];
  /** Set when the bytes at the window's position cannot be right; nothing can be parsed from there on. */
  readonly damage: Damage | undefined;
  /**
   * Appends packets to the batch and moves the window's position behind them: until the batch is full,
   * the window holds no whole record any more, or something is damaged.
   */
  parse(window: ReadAhead, batch: PacketBatch): void;
  /** Says what is cut off, when the input ended with bytes left in the window or inside a skipped block. */
  cut(window: ReadAhead): Damage | undefined;
}

/** LINKTYPE_ values that have another number in files written with a system's own DLT_ value: raw IP of Linux and BSD. */
export function normalizeLinkType(linkType: number): number {
  return linkType === 12 || linkType === 14 ? 101 : linkType;
}
