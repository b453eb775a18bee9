import type { MirrorPoint } from '../../model/mirror-point.js';
import { JsonLines } from './json-lines.js';
import { pointJson, sourceJson } from './ndjson.js';
import { Piece } from './pieces.js';

/** Lines of rows that name a mirror point. There are few points: what names one is encoded once. */
export class PointLines extends JsonLines {
  private readonly points = new Map<MirrorPoint, Piece>();
  private readonly sources = new Map<MirrorPoint, Piece>();

  /** The columns that identify the mirror point, after a piece that is the same for all. */
  protected point(piece: Piece, p: MirrorPoint): void {
    let json = this.points.get(p);
    if (json === undefined) {
      json = new Piece(`${piece.text},${pointJson(p)}`);
      this.points.set(p, json);
    }
    this.piece(json);
  }

  /** The same without where the mirror point sends to. */
  protected source(piece: Piece, p: MirrorPoint): void {
    let json = this.sources.get(p);
    if (json === undefined) {
      json = new Piece(`${piece.text},${sourceJson(p)}`);
      this.sources.set(p, json);
    }
    this.piece(json);
  }
}
