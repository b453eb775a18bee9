import type { MirrorTableOptions } from '../../src/accounts/mirror-table-options.js';
import { MirrorTable } from '../../src/accounts/mirrors.js';
import { Demux } from '../../src/demux/demux.js';
import type { ReassemblyLimits } from '../../src/demux/reassembly.js';
import type { Inputs } from '../../src/model/inputs.js';
import { MIRROR_DIRECTION_NAMES, MIRROR_TYPE_NAMES } from '../../src/model/mirror-point.js';
import { type FrameSink, Mirrored } from '../../src/model/mirrored.js';
import type { GreReceiver } from '../../src/model/outer-packet.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import type { Frame } from '../../src/wire/walk/frame.js';
import { MALFORMED_NAMES } from '../../src/wire/walk/malformed.js';

/** A frame that came out, copied. */
export interface Seen {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly session: number;
  readonly key: number | null;
  readonly direction: string;
  readonly mirrored: Mirrored;
  readonly bytes: Uint8Array;
  readonly ipVersion: number;
  readonly protocol: number;
  readonly ports: readonly [number, number];
  readonly vlans: readonly number[];
  readonly etherType: number;
  readonly truncated: boolean;
  readonly malformed: string;
  readonly sec: number;
}

function seen(f: Frame, m: Mirrored): Seen {
  return {
    type: MIRROR_TYPE_NAMES[m.point.type],
    source: formatIp(m.point.source, 0),
    target: formatIp(m.point.target, 0),
    session: m.point.session,
    key: m.point.key,
    direction: MIRROR_DIRECTION_NAMES[m.direction],
    mirrored: Object.assign(new Mirrored(), m),
    bytes: f.bytes.slice(f.start, f.end),
    ipVersion: f.ipVersion,
    protocol: f.protocol,
    ports: [f.sourcePort, f.destinationPort],
    vlans: [...f.vlanIds.subarray(0, f.vlanCount)],
    etherType: f.etherType,
    truncated: f.truncated,
    malformed: MALFORMED_NAMES[f.malformed],
    sec: f.sec,
  };
}

/** A demultiplexer that keeps the frames that come out. */
export class Collected implements FrameSink {
  readonly frames: Seen[] = [];
  readonly mirrors: MirrorTable;
  readonly demux: Demux;

  constructor(
    options: {
      tunnels?: GreReceiver;
      reassembly?: ReassemblyLimits;
      mirrors?: MirrorTableOptions;
      lengthsLost?: boolean;
      inputs?: Inputs;
    } = {},
  ) {
    const { tunnels, reassembly, lengthsLost, inputs } = options;
    this.mirrors = new MirrorTable(options.mirrors);
    this.demux = new Demux({
      sink: this,
      mirrors: this.mirrors,
      ...(tunnels && { tunnels }),
      ...(reassembly && { reassembly }),
      ...(lengthsLost && { lengthsLost }),
      ...(inputs && { inputs }),
    });
  }

  frame(f: Frame, m: Mirrored): void {
    this.frames.push(seen(f, m));
  }

  /** The reasons counted, by name. */
  get malformed(): Record<string, number> {
    const reasons: Record<string, number> = {};
    for (const [code, n] of this.demux.counters.malformed.entries())
      if (n > 0) reasons[MALFORMED_NAMES[code]] = n;
    return reasons;
  }
}
