import { PacketFields } from './columns/fields.js';
import type { MirrorPoint } from './mirror-point.js';

/** One row of the `packets` table: one frame of a session. The object is reused. */
export class PacketRecord extends PacketFields {
  /** Set before the record is handed on. */
  point!: MirrorPoint;
}
