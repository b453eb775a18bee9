import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../../model/mirror-point.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { Piece } from '../piece.js';
import { JsonLines } from './json-lines.js';

/** Columns that a mirror point has, which are printed as one piece. */
const COLUMNS = {
  mirror_type: (p: MirrorPoint) => MIRROR_TYPE_NAMES[p.type],
  mirror_source: (p: MirrorPoint) => formatIp(p.source, 0),
  mirror_target: (p: MirrorPoint) => formatIp(p.target, 0),
  mirror_session: (p: MirrorPoint) => p.session,
  mirror_name: (p: MirrorPoint) => p.name,
  site: (p: MirrorPoint) => p.site,
  gre_key: (p: MirrorPoint) => p.key,
} as const;
export type PointColumn = keyof typeof COLUMNS;

/** What is printed of a mirror point while it has these names. */
interface Known {
  readonly name: string;
  readonly site: string;
  readonly piece: Piece;
}

/** Lines of rows that name a mirror point. There are few points: what names one is encoded once. */
export class PointLines extends JsonLines {
  private readonly known = new Map<MirrorPoint, Known>();

  /** The columns of a mirror point, the same ones in all lines, behind a piece that is before them. */
  protected point(piece: Piece, p: MirrorPoint, columns: readonly PointColumn[]): void {
    let known = this.known.get(p);
    if (known === undefined || known.name !== p.name || known.site !== p.site) {
      const values = columns.map((column) => `"${column}":${JSON.stringify(COLUMNS[column](p))}`);
      known = { name: p.name, site: p.site, piece: new Piece(piece.text + values.join()) };
      this.known.set(p, known);
    }
    this.piece(known.piece);
  }
}
