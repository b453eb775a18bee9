/** The bytes of a packet, as numbers or as text, in the colors of their layers. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Copy } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useMemo, useRef } from 'react';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { Segments } from '../../parts/menu.js';
import { layerOfBytes } from './decode/frame.js';
import type { Shown as Layer } from './decode/layer.js';
import { character } from './decode/words.js';
import css from './packets.module.css';

export type View = 'hex' | 'text';

const ROW = 18;
/** Bytes of a row. */
const WIDTH: Readonly<Record<View, number>> = { hex: 16, text: 48 };
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function Bytes(props: {
  readonly bytes: Uint8Array;
  readonly layers: readonly Layer[];
  /** What is lit: from and to, both 0 for nothing. */
  readonly from: number;
  readonly to: number;
  /** What that is, in words. */
  readonly words: string;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly choose: (byte: number) => void;
}) {
  const { bytes, layers, from, to, words, view, setView, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = WIDTH[view];
  const of = useMemo(() => layerOfBytes(layers, bytes.length), [layers, bytes]);
  const rows = useVirtualizer({
    count: Math.ceil(bytes.length / width),
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  useEffect(() => {
    if (to > from) rows.scrollToIndex(Math.floor(from / width), { align: 'auto' });
  }, [rows, from, to, width]);
  const onClick = (event: MouseEvent): void => {
    const at = (event.target as HTMLElement).dataset.at;
    if (at !== undefined) choose(Number(at));
  };
  const onKey = (event: KeyboardEvent): void => {
    const isLit = to > from;
    const next = (
      {
        ArrowRight: isLit ? to : 0,
        ArrowLeft: isLit ? from - 1 : 0,
        ArrowDown: isLit ? from + width : 0,
        ArrowUp: isLit ? from - width : 0,
        Home: 0,
        End: bytes.length - 1,
      } as Record<string, number>
    )[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next >= 0 && next < bytes.length) choose(next);
  };
  const lit = to > from ? bytes.subarray(from, to) : bytes;
  return (
    <div className={css.bytes}>
      <div className={css.paneHead}>
        <Segments
          label="Bytes as"
          value={view}
          choices={[
            { value: 'hex', label: 'Hex' },
            { value: 'text', label: 'Text' },
          ]}
          onChange={setView}
        />
        <span className={`faint ${css.words}`} aria-live="polite">
          {words}
        </span>
        <span className="grow" />
        <button
          type="button"
          className="btn sm icon"
          aria-label={to > from ? 'Copy these bytes' : 'Copy all bytes'}
          onClick={() => void copy(Array.from(lit, (b) => HEX[b]).join(''), 'Bytes')}
        >
          <Icon of={Copy} />
        </button>
      </div>
      <div
        ref={box}
        className={css.scroll}
        role="group"
        aria-label="Bytes"
        tabIndex={0}
        onKeyDown={onKey}
        onClick={onClick}
      >
        <div className="mono" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const first = index * width;
            const [a, z] = [Math.max(from, first), Math.min(to, first + width)];
            return (
              <Row
                key={index}
                bytes={bytes}
                of={of}
                layers={layers}
                first={first}
                width={width}
                view={view}
                top={start}
                // Rows without a lit byte stay as they are.
                from={a < z ? a : 0}
                to={a < z ? z : 0}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const Row = memo(function Row(props: {
  readonly bytes: Uint8Array;
  readonly of: Int16Array;
  readonly layers: readonly Layer[];
  readonly first: number;
  readonly width: number;
  readonly view: View;
  readonly top: number;
  readonly from: number;
  readonly to: number;
}) {
  const { bytes, of, layers, first, width, view, top, from, to } = props;
  const places = Array.from({ length: Math.min(width, bytes.length - first) }, (_, i) => first + i);
  const shape = (at: number): string => {
    const kind = layers[of[at] ?? -1]?.kind;
    return `${kind === undefined ? '' : css[kind]} ${at >= from && at < to ? css.lit : ''}`;
  };
  return (
    <div className={css.bytesRow} style={{ transform: `translateY(${top}px)` }}>
      <span className={css.offset}>{first.toString(16).padStart(4, '0')}</span>
      {view === 'hex' && (
        <span className={css.hex}>
          {places.map((at) => (
            <span key={at} data-at={at} className={`${shape(at)} ${at - first === 8 ? css.half : ''}`}>
              {HEX[bytes[at]!]}
            </span>
          ))}
        </span>
      )}
      <span className={css.text}>
        {places.map((at) => (
          <span key={at} data-at={at} className={shape(at)}>
            {character(bytes[at]!)}
          </span>
        ))}
      </span>
    </div>
  );
});
