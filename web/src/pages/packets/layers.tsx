/** The layers of a packet, from what its mirror said to what the application says. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { bytes as bytesWords, count } from '../../format/numbers.js';
import { Icon } from '../../parts/icon.js';
import type { Place } from './decode/frame.js';
import type { Field, Shown as Layer } from './decode/layer.js';
import css from './packets.module.css';

/**
 * Fields that are shown at once, of layers that have many: what the line beside the name does not say, and
 * people look for. Of other layers all are.
 */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  Ethernet: [],
  '802.1Q': [],
  LLC: [],
  IPv4: ['length', 'ttl', 'flags'],
  IPv6: ['payload length', 'hop limit', 'fragment header'],
  TCP: ['window', 'payload'],
  UDP: ['length'],
  VXLAN: ['network'],
  GENEVE: ['network'],
};

interface Item extends Place {
  readonly id: string;
}

export function LayerTree(props: {
  readonly number: number;
  readonly of: string;
  readonly length: number;
  readonly layers: readonly Layer[];
  readonly chosen: Place | undefined;
  readonly choose: (place: Place) => void;
  readonly move: (by: -1 | 1) => void;
}) {
  const { number, of, length, layers, chosen, choose, move } = props;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const tree = useRef<HTMLDivElement>(null);
  const fieldsOf = (layer: Layer, at: number): readonly (Field & { readonly place: number })[] => {
    const all = layer.fields.map((field, place) => ({ ...field, place }));
    const first = FIRST[layer.name];
    if (first === undefined || open.has(layer.name)) return all;
    return all.filter(
      ({ name, place }) => first.includes(name) || (chosen?.layer === at && chosen.field === place),
    );
  };
  const items: Item[] = layers.flatMap((layer, at) => [
    { layer: at, field: -1, id: `layer-${at}` },
    ...fieldsOf(layer, at).map(({ place }) => ({ layer: at, field: place, id: `layer-${at}-${place}` })),
  ]);
  const cursor = items.findIndex(({ layer, field }) => layer === chosen?.layer && field === chosen.field);
  const active = items[cursor]?.id;
  useEffect(() => {
    if (active !== undefined) document.getElementById(active)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const toggle = (name: string, to: boolean): void => {
    const next = new Set(open);
    if (to) next.add(name);
    else next.delete(name);
    setOpen(next);
  };
  const onKey = (event: KeyboardEvent): void => {
    const layer = layers[items[cursor]?.layer ?? 0];
    const to = (
      { ArrowDown: cursor + 1, ArrowUp: cursor - 1, Home: 0, End: items.length - 1 } as Record<string, number>
    )[event.key];
    if (to !== undefined) {
      const item = items[Math.max(0, Math.min(items.length - 1, to))];
      if (item !== undefined) choose(item);
    } else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && layer !== undefined)
      toggle(layer.name, event.key === 'ArrowRight');
    else return;
    event.preventDefault();
  };
  return (
    <div className={css.layers}>
      <div className={css.paneHead}>
        <h2>Packet {number}</h2>
        <span className="faint">
          of {of} · {count(length)} bytes
        </span>
        <span className="grow" />
        <button type="button" className="btn sm icon" aria-label="Packet before" onClick={() => move(-1)}>
          <Icon of={ArrowUp} />
        </button>
        <button type="button" className="btn sm icon" aria-label="Packet after" onClick={() => move(1)}>
          <Icon of={ArrowDown} />
        </button>
      </div>
      <div
        ref={tree}
        className={css.scroll}
        role="tree"
        aria-label="Layers"
        aria-activedescendant={active}
        tabIndex={0}
        onKeyDown={onKey}
      >
        {layers.map((layer, at) => {
          const fields = fieldsOf(layer, at);
          const hidden = layer.fields.length - fields.length;
          const isChosen = chosen?.layer === at && chosen.field === -1;
          return (
            <div key={`${layer.name} ${layer.at}`} className={`${css.layer} ${css[layer.kind]}`}>
              <div className={css.title}>
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys */}
                <div
                  id={`layer-${at}`}
                  role="treeitem"
                  aria-level={1}
                  aria-selected={isChosen}
                  tabIndex={-1}
                  className={isChosen ? css.lit : ''}
                  onClick={() => choose({ layer: at, field: -1 })}
                >
                  <b>{layer.name}</b> <span className="muted">{layer.detail}</span>
                </div>
                {(hidden > 0 || open.has(layer.name)) && FIRST[layer.name] !== undefined && (
                  <button
                    type="button"
                    role="treeitem"
                    aria-level={2}
                    aria-selected={false}
                    className={css.more}
                    tabIndex={-1}
                    aria-label={`${hidden > 0 ? `+${hidden}` : '−'} fields of ${layer.name}`}
                    onClick={() => toggle(layer.name, hidden > 0)}
                  >
                    {hidden > 0 ? `+${hidden}` : '−'}
                  </button>
                )}
              </div>
              {fields.map((field) => {
                const lit = chosen?.layer === at && chosen.field === field.place;
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
                  <div
                    key={field.place}
                    id={`layer-${at}-${field.place}`}
                    role="treeitem"
                    aria-level={2}
                    aria-selected={lit}
                    tabIndex={-1}
                    className={css.field}
                    onClick={() => choose({ layer: at, field: field.place })}
                  >
                    <span className={css.name}>{field.name}</span>
                    <span className={`mono ${lit ? css.lit : ''}`}>{field.value}</span>
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** `bytes 58–72 · HTTP status`, or how many there are. */
export function placeWords(layers: readonly Layer[], chosen: Place | undefined, length: number): string {
  const layer = chosen === undefined ? undefined : layers[chosen.layer];
  if (layer === undefined || chosen === undefined) return bytesWords(length);
  const field = layer.fields[chosen.field];
  const name = `${layer.name}${field === undefined ? '' : ` ${field.name}`}`;
  const [at, end] = field === undefined ? [layer.at, layer.end] : [field.at, field.at + field.length];
  if (at < 0) return `${name} · not among these bytes`;
  return `${end - at === 1 ? `byte ${at}` : `bytes ${at}–${end - 1}`} · ${name}`;
}
