import type { PacketBatch } from '../../model/batch.js';
import type { ReadAhead } from './read-ahead.js';

/** The longest packet in a capture: tcpdump's MAXIMUM_SNAPLEN. A longer one counts as damage. */
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
  /** The most bytes kept per packet; 0: no limit. */
  readonly snapLength: number;
}

/** What is wrong with a capture's bytes, and where. */
export interface Damage {
  readonly offset: number;
  readonly what: string;
}

/** Reads the records of one capture format from a window. */
export interface CaptureFormat {
  readonly name: 'pcap' | 'pcapng';
  /** All interfaces of all sections so far; `PacketBatch.interface` is an index into it. */
  readonly interfaces: readonly CaptureInterface[];
  /** Set if the bytes at the window's position are invalid; nothing can be parsed from there on. */
  readonly damage: Damage | undefined;
  /**
   * Appends packets to the batch and moves the window's position behind them, until the batch is full, the
   * window holds no complete record, or damage is found.
   */
  parse(window: ReadAhead, batch: PacketBatch): void;
  /** Says what is cut off, if the input ended with bytes left in the window or inside a skipped block. */
  cut(window: ReadAhead): Damage | undefined;
}

/** LINKTYPE_ values for numbers that some systems write as their own DLT_ value: raw IP of Linux and BSD. */
export function normalizeLinkType(linkType: number): number {
  return linkType === 12 || linkType === 14 ? 101 : linkType;
}
