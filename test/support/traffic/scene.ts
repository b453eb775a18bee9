import type { PcapngWriter } from '../../../src/receive/file/pcapng-writer.js';
import { type ExpectedRow, expectedSession } from './expected.js';
import type { MirrorSource } from './mirror-source.js';
import { PacketBuilder } from './packet.js';
import type { Step, Talk } from './talk.js';
import { buildFrame, buildPacket } from './talk-frames.js';

/** 2025-06-02 08:00:00 UTC: the start of every scene. */
export const SCENE_START = 1_748_851_200;
export const SECOND = 1_000_000_000;

export interface ScenePacket {
  /** Nanoseconds since the scene began. */
  at: number;
  bytes: Uint8Array;
  /** Original length on the wire, in bytes. */
  length: number;
  /** The interface of the capture that received it. */
  interface: number;
}

export interface PlayOptions {
  vlans?: number[];
  /** When the talk begins, in nanoseconds since the scene began. */
  at?: number;
  /** Steps that are lost between switch and collector, by position in the talk. */
  lose?: number[];
  interface?: number;
  /** Which steps the mirror sees; by default all. */
  only?: (step: Step) => boolean;
  /** Changes the frame before the switch wraps it. */
  frame?: (p: PacketBuilder, step: Step) => void;
  /** Puts the wrapped frame into the scene: may fragment, cut or redirect it. */
  arrive?: (scene: Scene, at: number, p: PacketBuilder, step: Step) => void;
  /** Columns of the session row in addition to the talk's, or in their place; null: there is no row. */
  row?: ExpectedRow | null;
}

/**
 * A capture in the making: which packets are sent, when, through which mirror, and what a collector must make
 * of them. Frames are mirrored, and so numbered, in the order of their times: when {@link settle} is called,
 * or at the end.
 */
export class Scene {
  readonly sessions: ExpectedRow[] = [];
  /** What `sessions` has if the mirrors are those of a group; empty if they are of none. */
  readonly grouped: ExpectedRow[] = [];
  readonly mirrors = new Map<MirrorSource, { packets: number; bytes: number; extra: ExpectedRow }>();
  /** Packets skipped, by reason. */
  readonly malformed: Record<string, number> = {};
  private readonly unsorted: ScenePacket[] = [];
  private readonly builder = new PacketBuilder();
  private pending: { at: number; happen: () => void }[] = [];

  /** Plays a talk through a mirror, and expects its session. */
  play(talk: Talk, mirror: MirrorSource, options: PlayOptions = {}): this {
    const { vlans = [], at = 0, lose = [], only, frame, arrive, row = {} } = options;
    const { type, erspan, bare: isBare } = mirror.options;
    const bare = type === 'gre' || type === 'jmirror' || erspan?.frameType === 2 || isBare === true;
    const arrived: Step[] = [];
    talk.steps.forEach((step, i) => {
      if (only?.(step) === false) return;
      if (lose.includes(i)) {
        this.lose(at + step.at, mirror);
        return;
      }
      arrived.push(step);
      this.later(at + step.at, () => {
        const p = this.builder;
        if (bare) buildPacket(p, talk, step);
        else buildFrame(p, talk, step, vlans);
        frame?.(p, step);
        this.count(mirror, p.length);
        mirror.wrap(p);
        if (arrive === undefined) this.put(at + step.at, p, options.interface);
        else arrive(this, at + step.at, p, step);
      });
    });
    if (row !== null && arrived.length > 0) {
      const macs = bare
        ? { client_mac: '', server_mac: '' }
        : { client_mac: mac(talk.client.mac), server_mac: mac(talk.server.mac) };
      this.expect(mirror, { ...expectedSession(talk, arrived), ...macs, vlan_ids: vlans, ...row });
    }
    return this;
  }

  /** Mirrors one frame, built by the caller. */
  mirror(at: number, mirror: MirrorSource, build: (p: PacketBuilder) => void, sequence?: number): this {
    return this.later(at, () => {
      build(this.builder);
      this.count(mirror, this.builder.length);
      if (sequence === undefined) mirror.wrap(this.builder);
      else mirror.wrap(this.builder, sequence);
      this.put(at, this.builder);
    });
  }

  /** A frame is copied, but lost on the way. */
  lose(at: number, mirror: MirrorSource): this {
    return this.later(at, () => mirror.lose());
  }

  /** Sends everything scheduled so far. */
  settle(): this {
    const due = this.pending.toSorted((a, b) => a.at - b.at);
    this.pending = [];
    for (const { happen } of due) happen();
    return this;
  }

  private later(at: number, happen: () => void): this {
    this.pending.push({ at, happen });
    return this;
  }

  /** Puts a finished packet into the scene, as the collector's interface receives it. */
  put(at: number, p: PacketBuilder, onInterface = 0): this {
    return this.putBytes(at, p.take(), onInterface);
  }

  putBytes(at: number, bytes: Uint8Array, onInterface = 0, length = bytes.length): this {
    this.unsorted.push({ at, bytes, length, interface: onInterface });
    return this;
  }

  /** Expects a row in `sessions`. */
  expect(mirror: MirrorSource, row: ExpectedRow): this {
    this.sessions.push({ ...mirror.columns(), ...row });
    return this;
  }

  /** Expects a row of the group. @param mirror that which saw the first packet */
  expectGrouped(mirror: MirrorSource, row: ExpectedRow): this {
    this.grouped.push({ ...mirror.columns(), ...row });
    return this;
  }

  /** Expects further columns in a mirror's row of `mirrors`, besides packets, bytes and loss. */
  expectMirror(mirror: MirrorSource, extra: ExpectedRow): this {
    this.count(mirror, 0, 0);
    Object.assign(this.mirrors.get(mirror)!.extra, extra);
    return this;
  }

  expectMalformed(word: string, packets = 1): this {
    this.malformed[word] = (this.malformed[word] ?? 0) + packets;
    return this;
  }

  private count(mirror: MirrorSource, bytes: number, packets = 1): void {
    const seen = this.mirrors.get(mirror) ?? { packets: 0, bytes: 0, extra: {} };
    seen.packets += packets;
    seen.bytes += bytes;
    this.mirrors.set(mirror, seen);
  }

  /** The expected content of `mirrors`, one row per mirror. */
  mirrorRows(): ExpectedRow[] {
    this.settle();
    return [...this.mirrors].map(([mirror, { packets, bytes, extra }]) => ({
      ...mirror.columns(),
      packets,
      bytes,
      lost: mirror.lost,
      reordered: 0,
      ...extra,
    }));
  }

  /** The packets in order of time. */
  packets(): ScenePacket[] {
    this.settle();
    return this.unsorted.toSorted((a, b) => a.at - b.at);
  }

  /** Writes the scene to a pcapng with these interfaces. */
  async writePcapng(writer: PcapngWriter): Promise<void> {
    for (const { at, bytes, length, interface: id } of this.packets()) {
      writer.packet(id, SCENE_START + Math.floor(at / SECOND), at % SECOND, bytes, 0, bytes.length, length);
      if (writer.full) await writer.flush();
    }
  }
}

export function mac(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(':');
}
