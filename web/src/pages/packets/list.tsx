/** The packets of a session, one a line. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { count } from '../../format/numbers.js';
import css from './packets.module.css';
import type { Loaded, Shown } from './use-packets.js';

const ROW = 28;
/** Rows before the end at which the next packets are asked for. */
const AHEAD = 100;

export function PacketList(props: {
  readonly loaded: Loaded;
  /** From 0. */
  readonly chosen: number;
  readonly choose: (place: number) => void;
}) {
  const { loaded, chosen, choose } = props;
  const { packets, hasMore } = loaded;
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: packets.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { more } = loaded;
  useEffect(() => {
    if (hasMore && last > packets.length - AHEAD) more();
  });
  useEffect(() => rows.scrollToIndex(chosen, { align: 'auto' }), [rows, chosen]);
  const move = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 1);
    const to = (
      {
        ArrowDown: chosen + 1,
        ArrowUp: chosen - 1,
        PageDown: chosen + page,
        PageUp: chosen - page,
        Home: 0,
        End: packets.length - 1,
      } as Record<string, number>
    )[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(packets.length - 1, to)));
  };
  return (
    <div className={css.list}>
      <div className={css.heads} aria-hidden="true">
        <span>#</span>
        <span>ms</span>
        <span />
        <span>Length</span>
        <span className={css.left}>Flags</span>
      </div>
      <div
        ref={box}
        className={css.scroll}
        role="listbox"
        aria-label="Packets"
        aria-activedescendant={`packet-${chosen + 1}`}
        tabIndex={0}
        onKeyDown={move}
      >
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {items.map(({ index, start }) => (
            <Row
              key={index}
              at={index}
              top={start}
              shown={packets[index]!}
              chosen={index === chosen}
              choose={choose}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const ARROWS = {
  client: { sign: '→', words: 'from the client' },
  server: { sign: '←', words: 'from the server' },
  '': { sign: '·', words: 'sender not known' },
} as const;

function Row(props: {
  readonly at: number;
  readonly top: number;
  readonly shown: Shown;
  readonly chosen: boolean;
  readonly choose: (place: number) => void;
}) {
  const { at, top, shown, chosen, choose } = props;
  const { packet, followed, ms } = shown;
  const { direction, original_length: length } = packet.frame;
  const { sign, words } = ARROWS[direction];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      id={`packet-${at + 1}`}
      role="option"
      aria-posinset={at + 1}
      aria-setsize={-1}
      aria-selected={chosen}
      tabIndex={-1}
      className={css.row}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => choose(at)}
    >
      <span className={css.number}>{at + 1}</span>
      <span className="mono">{ms.toFixed(3)}</span>
      <span className={css[direction || 'nobody']} title={words}>
        <span aria-hidden="true">{sign}</span>
        <span className="sr">{words}</span>
      </span>
      <span>{count(length)}</span>
      <span className={`mono ${css.flags}`}>{packet.flags}</span>
      <span className={packet.isData ? css.data : css.says}>
        <span>{packet.says}</span>
        {followed.mark !== '' && (
          <span className={`tag ${followed.mark === 'sent again' ? 'warn' : ''}`}>{followed.mark}</span>
        )}
      </span>
    </div>
  );
}
