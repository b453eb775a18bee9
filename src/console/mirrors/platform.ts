/** The shape in which a platform that mirrors is described: its templates are data. */
import type { Field, Segment, Text } from './text.js';

/** ERSPAN header types, where a platform lets one choose. */
export const TYPES = ['I', 'II', 'III'] as const;
export type Type = (typeof TYPES)[number];

export const DIRECTIONS = ['both', 'rx', 'tx'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Who has run the commands: this project's tests, on what, or nobody here. */
export type RanBy =
  | { readonly by: 'us'; readonly version: string }
  | { readonly by: 'vendor'; readonly documentation: string };

/** The inputs as a template fills them in. An input that a platform does not take is undefined, or empty. */
export interface Fills {
  readonly name: Segment;
  readonly collector: Segment;
  readonly source: Segment;
  readonly session: Segment;
  /** Of the monitor session or the tunnel interface on the device; by default the session id. */
  readonly number: Segment;
  readonly ports: readonly Segment[];
  readonly vrf: Segment | undefined;
  readonly truncate: Segment | undefined;
  readonly ttl: Segment | undefined;
  readonly bridge: Segment | undefined;
  readonly epg: Segment | undefined;
  readonly direction: Direction;
  readonly type: Type | undefined;
  /** IP version of collector and source. */
  readonly version: 4 | 6;
}

/** Bounds of a number. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Inputs that not every platform takes. */
export const OPTIONAL = ['session', 'number', 'ports', 'vrf', 'truncate', 'ttl', 'bridge', 'epg'] as const;
export type Optional = (typeof OPTIONAL)[number];

export interface Platform {
  readonly id: string;
  /** As people call it: `Cisco NX-OS`. */
  readonly title: string;
  /** The headers that it sends: `ERSPAN II, III`. */
  readonly header: string;
  readonly ranBy: RanBy;
  /** IP versions of the collector. */
  readonly versions: readonly (4 | 6)[];
  /** ERSPAN types to choose from, the usual one first; none where there is no choice. */
  readonly types: readonly Type[];
  /** Shows every frame once: `rx` of all ports of a switch, `both` of the port of a host. */
  readonly usualDirection: Direction;
  /** Which of the other inputs it takes, and whether it works without them. */
  readonly takes: Readonly<Partial<Record<Optional, 'needed' | 'optional'>>>;
  /** What it calls a port: nothing that a shell or a switch could take for another word of the command. */
  readonly port: RegExp;
  /** Ports as an example, for the page and for the field's placeholder. */
  readonly examplePorts: readonly string[];
  /** Whether one mirror takes several ports. */
  readonly severalPorts: boolean;
  /** Bounds of what this platform has in numbers. */
  readonly ranges: Readonly<Partial<Record<'number' | 'truncate' | 'ttl', Range>>>;
  /** The longest name that it takes, if shorter than ours. */
  readonly longestName?: number;
  /** Whether `source` may be a prefix, of which every switch makes an address of its own. */
  readonly sourcePrefix?: boolean;
  /** What a combination of inputs lacks here, as the field and the sentence for it. */
  readonly unfit?: (f: Fills) => { readonly field: Field; readonly why: string } | undefined;
  /** Whether packets of this type carry the session id. */
  readonly sendsSession: (type: Type | undefined) => boolean;
  readonly commands: (f: Fills) => Text;
  /** Commands that tell, on the device, whether it mirrors. */
  readonly show: (f: Fills) => Text;
  /** Takes the mirror away again, and nothing else. */
  readonly undo: (f: Fills) => Text;
  /** A paragraph each: limits, variants, what to look out for. In Markdown, code spans only. */
  readonly notes: readonly string[];
}

/** A kind and numbers: `GigabitEthernet1/0/1 - 24`, `ethernet 1/1-24`, `TenGigE0/0/0/0.1`. */
export const INTERFACE_WITH_NUMBERS = new RegExp(
  String.raw`^[A-Za-z]{1,20}(?:-[A-Za-z]{1,10})? ?\d{1,5}(?:/\d{1,4}){0,4}(?:\.\d{1,10})?` +
    String.raw`(?: ?- ?\d{1,5}(?:/\d{1,4}){0,4})?$`,
);

/** A network interface of Linux or a port of Open vSwitch. It never begins like an option. */
export const LINUX_INTERFACE = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;
