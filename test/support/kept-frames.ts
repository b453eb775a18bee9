/** Frames of a capture as the store would keep them, and as the console's API would hand them out. */
import { Pipeline } from '../../src/collector/pipeline.js';
import type { KeptFrame } from '../../src/console/contract/packets.js';
import { PacketBatch } from '../../src/model/batch.js';
import { EndReason } from '../../src/model/end-reason.js';
import { MIRROR_DIRECTION_NAMES, MIRROR_TYPE_NAMES } from '../../src/model/mirror-point.js';
import { PACKET_LAYER_NAMES } from '../../src/model/packet-layer.js';
import { PacketRecord } from '../../src/model/packet-record.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { fillPacket } from '../../src/store/segment/kept-frame.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { inputsFor } from './fixtures/fixture.js';
import { SMALL_TABLE } from './read-capture.js';

export interface Kept {
  readonly frame: KeptFrame;
  /** The layers that the collector found in it: their codes. */
  readonly layers: readonly number[];
}

/**
 * @param path of a capture
 * @param inputs what carries mirrored traffic in it, as `--input` says it
 */
export async function keptFrames(path: string, inputs: readonly string[] = []): Promise<Kept[]> {
  const kept: Kept[] = [];
  const listed = inputsFor(inputs);
  const record = new PacketRecord();
  const pipeline = new Pipeline({
    sessions: { session: () => undefined },
    mirrors: { mirror: () => undefined },
    table: SMALL_TABLE,
    ...(listed && { inputs: listed }),
    watcher: {
      packet: (_outer, _gre, mirrored, f, reason) => {
        // Of a packet whose encapsulation is wrong there is no frame.
        if (f === undefined || (reason !== 0 && reason < 32)) return;
        fillPacket(record, f, mirrored!, 65_535, f.end - f.start);
        const data = Buffer.from(record.frame.subarray(record.frameStart, record.frameEnd));
        const { point } = record;
        kept.push({
          layers: [...f.layerKind.subarray(0, f.layerCount)],
          frame: {
            number: kept.length + 1,
            time: `2025-06-02T08:00:00.${String(kept.length % 1_000_000_000).padStart(9, '0')}Z`,
            direction: (['client', 'server', ''] as const)[kept.length % 3],
            length: data.length,
            original_length: record.originalLength,
            data: data.toString('base64'),
            layer: PACKET_LAYER_NAMES[record.layer],
            mirror_type: MIRROR_TYPE_NAMES[point.type],
            mirror_source: formatIp(point.source, 0),
            mirror_target: formatIp(point.target, 0),
            mirror_session: point.session,
            gre_key: point.key,
            mirror_port: record.mirrorPort,
            mirror_direction: MIRROR_DIRECTION_NAMES[record.mirrorDirection],
            mirror_hardware: record.mirrorHardware,
            security_group: record.securityGroup,
            mirror_sensor: record.mirrorSensor,
            cos: record.cos,
            vlan: record.vlan,
            gre_protocol: record.greProtocol,
            truncated: record.truncated === 1,
          },
        });
      },
    },
  });
  const source = await openCapture(path);
  const batch = new PacketBatch();
  while (await source.next(batch)) pipeline.process(batch);
  await source.close();
  pipeline.finish(EndReason.Eof);
  return kept;
}
