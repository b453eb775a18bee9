/**
 * The commands with which a switch, router or host mirrors to this collector, and the lines of the
 * configuration that give the mirror its name. docs/how-to/configure-mirrors.md is made from the same data
 * (packaging/mirrors-page.ts).
 */
import { fills, type MirrorInput, platformOf } from './mirrors/input.js';
import type { RanBy } from './mirrors/platform.js';
import { filled, line, lines, type Segment, type Text, words } from './mirrors/text.js';

export { type MirrorInput, mirrorInputSchema, PLATFORMS, parseMirrorInput } from './mirrors/input.js';
export type { Platform, RanBy } from './mirrors/platform.js';
export { FIELDS, type Field, plain, type Segment, type Text } from './mirrors/text.js';

export interface MirrorCommands {
  /** To be typed on the device. What was filled in is a segment of its own. */
  readonly commands: Text;
  /** Commands that tell, on the device, whether it mirrors. */
  readonly show: Text;
  /** Takes the mirror away again. */
  readonly undo: Text;
  /** The entry of `mirrors` in the collector's configuration, with that key. */
  readonly yaml: Text;
  readonly ranBy: RanBy;
  /** A paragraph each, in Markdown with code spans: limits, and what to look out for. */
  readonly notes: readonly string[];
  /**
   * By how many bytes an IP packet that is mirrored grows: outer IP, GRE and ERSPAN headers, and the frame's
   * own Ethernet header.
   */
  readonly overhead: number;
  /** Whether packets carry the session id: else all that the source sends is this mirror. */
  readonly carriesSession: boolean;
}

export function mirrorCommands(input: MirrorInput): MirrorCommands {
  const platform = platformOf(input.platform);
  const f = fills(input, platform);
  const carriesSession = platform.sendsSession(f.type);
  return {
    commands: platform.commands(f),
    show: platform.show(f),
    undo: platform.undo(f),
    yaml: lines([line`mirrors:`, line`  - ${entry(input, carriesSession)}`]),
    ranBy: platform.ranBy,
    notes: platform.notes,
    overhead: overhead(f.version, f.type),
    carriesSession,
  };
}

/**
 * An entry of `mirrors`. Without a session id in the packets all that the source sends is this mirror.
 */
function entry(input: MirrorInput, session: boolean): Text {
  const pairs = [
    line`name: ${scalar('name', input.name)}`,
    input.site === undefined ? undefined : line`site: ${scalar('site', input.site)}`,
    line`source: ${scalar('source', input.source.text)}`,
    session && input.session !== undefined ? line`session: ${filled('session', input.session)}` : undefined,
  ].filter((pair) => pair !== undefined);
  return line`{ ${words(pairs.map((pair, i) => (i < pairs.length - 1 ? line`${pair},` : pair)))} }`;
}

/** Words that YAML takes for something else than text. */
const NOT_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** In quotes where YAML would not take it for text: words with a meaning, and the colons of IPv6. */
function scalar(from: 'name' | 'site' | 'source', text: string): Segment | Text {
  const value = filled(from, text);
  return NOT_TEXT.test(text) || text.includes(':') ? line`"${value}"` : value;
}

const ETHERNET = 14;
const IP = { 4: 20, 6: 40 } as const;
const GRE = 4;
/** Sequence number and header of type II; the same of type III, with the platform subheader. */
const ERSPAN = { I: 0, II: 4 + 8, III: 4 + 12 + 8 } as const;

function overhead(version: 4 | 6, type: 'I' | 'II' | 'III' | undefined): number {
  return ETHERNET + IP[version] + GRE + (type === undefined ? 0 : ERSPAN[type]);
}
