import type { MirrorPoint } from '../../model/mirror-point.js';
import { ascii, JsonLines } from './json-lines.js';
import { pointJson, sourceJson } from './ndjson.js';

/** Lines of rows that name a mirror point. There are few points: what names one is encoded once. */
export class PointLines extends JsonLines {
  private readonly points = new Map<MirrorPoint, Uint8Array>();
  private readonly sources = new Map<MirrorPoint, Uint8Array>();

  /** The columns that identify the mirror point. */
  protected point(p: MirrorPoint): void {
    let json = this.points.get(p);
    if (json === undefined) {
      json = ascii(`,${pointJson(p)}`);
      this.points.set(p, json);
    }
    this.raw(json);
  }

  /** The same without where the mirror point sends to. */
  protected source(p: MirrorPoint): void {
    let json = this.sources.get(p);
    if (json === undefined) {
      json = ascii(`,${sourceJson(p)}`);
      this.sources.set(p, json);
    }
    this.raw(json);
  }
}
