import { Maximize, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useKey } from '../../app/keys.js';
import { bytes, count, plural } from '../../format/numbers.js';
import { SERIES_COLORS } from '../../parts/colors.js';
import { Icon } from '../../parts/icon.js';
import { type Box, labelsOf, overlaps, widthOf } from './labels.js';
import { layOut, type MapAnswer, type MapBy, type MapLink, type MapNode, type Placed } from './layout.js';
import styles from './map.module.css';

/** What is looked at: enlarged by `zoom` around the middle, which is moved by pixels. */
interface View {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const FITTING: View = { zoom: 1, x: 0, y: 0 };
const CLOSEST = 8;
const FARTHEST = 0.5;
/** How much wider the bold type of titles is than that of labels. */
const TITLE = 1.15;
const FONT = 'Inter Variable, Segoe UI, sans-serif';

export function wordsOf(node: MapNode): string {
  const failed = node.failed > 0 ? `, ${count(node.failed)} failed` : '';
  return `${node.id}: ${bytes(node.sent + node.received)}, ${plural(node.sessions, 'conversation')}${failed}`;
}

function linkWords({ a, b, app, bytes: volume, sessions, failed }: MapLink): string {
  const ends = a === b ? `within ${a}` : `${a} and ${b}`;
  return (
    `${ends}: ${app}, ${bytes(volume)}, ${plural(sessions, 'conversation')}` +
    (failed > 0 ? `, ${count(failed)} failed` : '')
  );
}

/** The map itself: by mouse and by keyboard. */
export function Drawing(props: {
  readonly answer: MapAnswer;
  readonly by: MapBy;
  /** What nodes are called: `hosts`. */
  readonly things: string;
  readonly selected: string | undefined;
  readonly select: (id: string | undefined) => void;
}) {
  const { answer, by, things, selected, select } = props;
  const host = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 850, height: 700 });
  const [view, look] = useState<View>(FITTING);
  const [focused, setFocused] = useState<string>();
  const drawn = useRef(new Map<string, SVGGElement>());
  const dragged = useRef<{ x: number; y: number; view: View } | undefined>(undefined);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // A window's size changes in many steps: only its shape makes another picture.
  const aspect = Math.min(3, Math.max(0.4, Math.round((size.width / Math.max(size.height, 1)) * 4) / 4));
  const layout = useMemo(() => layOut(answer, by, aspect), [answer, by, aspect]);
  const { box } = layout;
  const margin = { x: 60, y: 36 };
  const fit = Math.min(
    (size.width - 2 * margin.x) / box.width,
    (size.height - 2 * margin.y) / box.height,
    1.8,
  );
  const scale = Math.max(fit, 0.05) * view.zoom;
  const x = (at: number): number => (at - box.x - box.width / 2) * scale + size.width / 2 + view.x;
  const y = (at: number): number => (at - box.y - box.height / 2) * scale + size.height / 2 + view.y;
  const radius = (r: number): number => Math.max(3, r * Math.min(scale, 1.8));

  const zoomBy = (factor: number): void =>
    look((before) => {
      const zoom = Math.min(CLOSEST, Math.max(FARTHEST, before.zoom * factor));
      return { zoom, x: (before.x * zoom) / before.zoom, y: (before.y * zoom) / before.zoom };
    });
  useKey('zoom-in', () => zoomBy(1.4));
  useKey('zoom-out', () => zoomBy(1 / 1.4));
  useKey('fit', () => look(FITTING));

  const of = new Map(layout.nodes.map((placed) => [placed.node.id, placed]));
  const own = new Set(
    selected === undefined
      ? []
      : answer.links.filter(({ a, b }) => a === selected || b === selected).flatMap(({ a, b }) => [a, b]),
  );
  const most = Math.max(1, ...answer.links.map((link) => link[by]));
  const titles: (Box & { readonly id: string; readonly more: string })[] = [];
  for (const circle of layout.circles) {
    const more = ` ${circle.members} ${things}`;
    const width = TITLE * widthOf(circle.id + more);
    const at = x(circle.x) - width / 2;
    // Names are longer than prefixes: they stay inside, and below their group where another is above it.
    const inside = Math.max(2, Math.min(at, size.width - width - 2));
    const places = [y(circle.y - circle.r) - 20, y(circle.y + circle.r) + 3];
    const boxes = places.map((top) => ({ x: view.zoom === 1 ? inside : at, y: top, width, height: 18 }));
    const box = boxes.find((one) => !titles.some((other) => overlaps(one, other))) ?? boxes[0]!;
    titles.push({ id: circle.id, more, ...box });
  }
  const first = (id: string): number => (id === selected ? 0 : own.has(id) ? 1 : 2);
  const labels = labelsOf(
    layout.nodes
      .map(({ node, x: nx, y: ny, r }) => ({ id: node.id, x: x(nx), y: y(ny), r: radius(r) }))
      .sort((one, other) => first(one.id) - first(other.id)),
    titles,
    new Set(selected === undefined ? [] : [selected]),
  );
  const entry = focused ?? selected ?? layout.nodes[0]?.node.id;

  const keyed = (event: KeyboardEvent, at: number): void => {
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: -1,
    }[event.key];
    if (to !== undefined) {
      const next = layout.nodes.at(to >= layout.nodes.length ? 0 : to)?.node.id;
      if (next !== undefined) drawn.current.get(next)?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      const { id } = layout.nodes[at]!.node;
      select(id === selected ? undefined : id);
    } else return;
    event.preventDefault();
  };
  const moved = (event: PointerEvent): void => {
    const from = dragged.current;
    if (from === undefined || event.buttons === 0) return;
    look({ ...from.view, x: from.view.x + event.clientX - from.x, y: from.view.y + event.clientY - from.y });
  };

  return (
    <div ref={host} className={styles.host}>
      <svg
        className={styles.map}
        viewBox={`0 0 ${size.width} ${size.height}`}
        role="group"
        aria-label={`Map of ${plural(layout.nodes.length, 'node')}, ${plural(answer.links.length, 'link')}`}
        fontFamily={FONT}
        fontSize="11.5"
        onPointerDown={(event) => {
          dragged.current = { x: event.clientX, y: event.clientY, view };
        }}
        onPointerMove={moved}
        onWheel={(event) => zoomBy(Math.exp(-event.deltaY / 500))}
      >
        {layout.circles.map((circle) => (
          <circle
            key={circle.id}
            cx={x(circle.x)}
            cy={y(circle.y)}
            r={circle.r * scale}
            fill={colorOf(circle.color)}
            fillOpacity="0.07"
            stroke={colorOf(circle.color)}
            strokeOpacity="0.35"
          />
        ))}
        <g>
          {answer.links.map((link) => {
            const [a, b] = [of.get(link.a), of.get(link.b)];
            if (a === undefined || b === undefined) return null;
            const mine = link.a === selected || link.b === selected;
            const look = {
              stroke: link.failed > 0 ? 'var(--bad)' : mine ? 'var(--accent)' : 'var(--faint)',
              strokeOpacity: mine ? 0.95 : selected === undefined ? (link.failed > 0 ? 0.7 : 0.3) : 0.13,
              strokeWidth: (mine ? 0.9 : 0.6) + 3.4 * (link[by] / most) ** 0.7,
              ...(link.failed > 0 && { strokeDasharray: '4 3' }),
              fill: 'none',
            };
            const key = `${link.a} ${link.b}`;
            return a === b ? (
              <circle key={key} cx={x(a.x)} cy={y(a.y)} r={radius(a.r) + 5} {...look}>
                <title>{linkWords(link)}</title>
              </circle>
            ) : (
              <line key={key} x1={x(a.x)} y1={y(a.y)} x2={x(b.x)} y2={y(b.y)} {...look}>
                <title>{linkWords(link)}</title>
              </line>
            );
          })}
        </g>
        {layout.nodes.map((placed: Placed, i) => {
          const { id } = placed.node;
          const dim = selected !== undefined && id !== selected && !own.has(id);
          const r = radius(placed.r);
          const [cx, cy] = [x(placed.x), y(placed.y)];
          return (
            <g
              key={id}
              ref={(element) => {
                if (element === null) drawn.current.delete(id);
                else drawn.current.set(id, element);
              }}
              role="button"
              tabIndex={id === entry ? 0 : -1}
              aria-pressed={id === selected}
              aria-label={wordsOf(placed.node)}
              className={styles.node}
              onClick={() => select(id === selected ? undefined : id)}
              onFocus={() => setFocused(id)}
              onKeyDown={(event) => keyed(event, i)}
            >
              <title>{wordsOf(placed.node)}</title>
              <circle cx={cx} cy={cy} r={Math.max(r + 3, 12)} fill="transparent" />
              <circle className={styles.ring} cx={cx} cy={cy} r={r + 4} fill="none" />
              <circle
                cx={cx}
                cy={cy}
                r={r}
                fill={colorOf(placed.color)}
                fillOpacity={dim ? 0.35 : 1}
                stroke={id === selected ? 'var(--text)' : 'var(--surface)'}
                strokeWidth={id === selected ? 2.5 : 1.5}
              />
            </g>
          );
        })}
        <g pointerEvents="none">
          {labels.map((label) => (
            <g key={label.id}>
              <rect {...label.box} rx="3" fill="var(--surface)" fillOpacity="0.82" />
              <text
                x={label.x}
                y={label.y}
                textAnchor={label.anchor}
                fill="var(--text)"
                fillOpacity={selected === undefined || label.id === selected || own.has(label.id) ? 1 : 0.6}
                {...(label.id === selected && { fontWeight: 650 })}
              >
                {label.id}
              </text>
            </g>
          ))}
          {titles.map((title) => (
            <g key={title.id}>
              <rect
                x={title.x}
                y={title.y}
                width={title.width}
                height="18"
                rx="3"
                fill="var(--surface)"
                fillOpacity="0.82"
              />
              <text
                x={title.x + title.width / 2}
                y={title.y + 13}
                textAnchor="middle"
                fill="var(--text)"
                fontSize="12"
              >
                <tspan fontWeight="650">{title.id}</tspan>
                <tspan fill="var(--faint)">{title.more}</tspan>
              </text>
            </g>
          ))}
        </g>
      </svg>
      <div className={styles.zoom}>
        <button type="button" className="btn sm icon" aria-label="Closer" onClick={() => zoomBy(1.4)}>
          <Icon of={Plus} />
        </button>
        <button type="button" className="btn sm icon" aria-label="Farther" onClick={() => zoomBy(1 / 1.4)}>
          <Icon of={Minus} />
        </button>
        <button type="button" className="btn sm icon" aria-label="All of it" onClick={() => look(FITTING)}>
          <Icon of={Maximize} />
        </button>
      </div>
    </div>
  );
}

/** The first groups have a color each. */
function colorOf(place: number): string {
  return SERIES_COLORS[Math.min(place, SERIES_COLORS.length - 1)]!;
}

/** The drawing as a file of its own: colors are numbers there, and it lies on a ground. */
export function svgFile(svg: SVGSVGElement): Blob {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [, , width = '0', height = '0'] = (svg.getAttribute('viewBox') ?? '').split(' ');
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width, height, fill: 'var(--surface)' }))
    ground.setAttribute(name, value);
  copy.prepend(ground);
  for (const ring of copy.querySelectorAll(`.${styles.ring}`)) ring.remove();
  const colors = getComputedStyle(document.documentElement);
  const text = new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--\w+)\)/g, (_, name: string) => colors.getPropertyValue(name).trim());
  return new Blob([text], { type: 'image/svg+xml' });
}
