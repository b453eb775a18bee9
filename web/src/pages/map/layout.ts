/**
 * Where the nodes of a map are: groups first, as circles that keep apart, then their members inside. The same
 * answer gives the same picture, since d3-force takes its chance from a generator of its own with a fixed
 * seed; and it is ready at once, so nothing has to move on the screen.
 */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import type { Answer } from '../../../../src/console/contract.js';

export type MapAnswer = Answer<'map'>;
export type MapNode = MapAnswer['nodes'][number];
export type MapLink = MapAnswer['links'][number];
export type MapBy = 'bytes' | 'sessions' | 'failed';

export interface Placed {
  readonly node: MapNode;
  /** The place of its group among all: its color. */
  readonly color: number;
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** A group of more than one. */
export interface Circle {
  readonly id: string;
  readonly color: number;
  readonly members: number;
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

export interface Layout {
  /** The strongest first. */
  readonly nodes: readonly Placed[];
  readonly circles: readonly Circle[];
  /** What holds all of it. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

interface Member extends SimulationNodeDatum {
  readonly node: MapNode;
  readonly r: number;
  readonly home: Home;
  x: number;
  y: number;
}

interface Home extends SimulationNodeDatum {
  readonly id: string;
  readonly members: Member[];
  r: number;
  color: number;
  x: number;
  y: number;
}

const SMALLEST = 4;
const LARGEST = 16;
/** Room around a node inside its group, and around a group, where its label is. */
const APART = 9;
const AROUND = 26;
/** Steps of a simulation, and of all nodes together at most: a map of hundreds is there within the second. */
const STEPS = 300;
const MOST_STEPS = 40_000;
/** The angle at which leaves grow, so that none hides another, radians. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

export function strength(node: MapNode, by: MapBy): number {
  return by === 'bytes' ? node.sent + node.received : node[by];
}

/** @param aspect width by height of what it is drawn into */
export function layOut({ nodes, links }: MapAnswer, by: MapBy, aspect: number): Layout {
  const strongest = [...nodes].sort(
    (one, other) => strength(other, by) - strength(one, by) || (one.id < other.id ? -1 : 1),
  );
  const most = Math.max(1, ...strongest.map((node) => strength(node, by)));
  const homes = new Map<string, Home>();
  const members = strongest.map((node) => {
    const id = node.group === '' ? node.id : node.group;
    const home = homes.get(id) ?? { id, members: [], r: 0, color: homes.size, x: 0, y: 0 };
    homes.set(id, home);
    const r = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(strength(node, by) / most);
    const member: Member = { node, r, home, x: 0, y: 0 };
    home.members.push(member);
    return member;
  });
  const of = new Map(members.map((member) => [member.node.id, member]));
  const lines = links.flatMap(({ a, b, ...link }) => {
    const [source, target] = [of.get(a), of.get(b)];
    return source === undefined || target === undefined || source === target
      ? []
      : [{ source, target, weight: Math.max(link[by], 1) }];
  });
  placeHomes([...homes.values()], lines, aspect);
  placeMembers(members, lines);
  const circles = [...homes.values()].filter((home) => home.members.length > 1);
  return {
    nodes: members.map(({ node, home, x, y, r }) => ({ node, color: home.color, x, y, r })),
    circles: circles.map(({ id, color, members: { length }, x, y, r }) => ({
      id,
      color,
      members: length,
      x,
      y,
      r,
    })),
    box: boxOf([...circles, ...members]),
  };
}

interface Line {
  readonly source: Member;
  readonly target: Member;
  readonly weight: number;
}

function stepsFor(nodes: number): number {
  return Math.max(60, Math.min(STEPS, Math.floor(MOST_STEPS / Math.max(nodes, 1))));
}

function placeHomes(homes: readonly Home[], lines: readonly Line[], aspect: number): void {
  for (const home of homes) {
    const area = home.members.reduce((sum, { r }) => sum + (r + APART) ** 2, 0);
    home.r = home.members.length === 1 ? home.members[0]!.r : Math.sqrt(area / 0.7) + 4;
  }
  homes.forEach((home, i) => {
    const far = 40 * Math.sqrt(i) + (i === 0 ? 0 : home.r);
    home.x = far * Math.cos(i * GOLDEN) * aspect;
    home.y = far * Math.sin(i * GOLDEN);
  });
  const between = new Map<string, { source: Home; target: Home; weight: number }>();
  for (const { source, target, weight } of lines) {
    if (source.home === target.home) continue;
    const [one, other] =
      source.home.color < target.home.color ? [source.home, target.home] : [target.home, source.home];
    const key = `${one.color} ${other.color}`;
    const line = between.get(key) ?? { source: one, target: other, weight: 0 };
    line.weight += weight;
    between.set(key, line);
  }
  const pulled = [...between.values()];
  const most = Math.max(1, ...pulled.map((line) => line.weight));
  const wide = Math.sqrt(aspect);
  forceSimulation<Home>([...homes])
    .force(
      'link',
      forceLink<Home, (typeof pulled)[number]>(pulled)
        .distance(({ source, target }) => source.r + target.r + 60)
        .strength(({ weight }) => 0.05 + 0.25 * Math.sqrt(weight / most)),
    )
    .force(
      'charge',
      forceManyBody<Home>().strength(({ r }) => -30 - r * 6),
    )
    .force(
      'apart',
      forceCollide<Home>(({ r, members }) => r + (members.length > 1 ? AROUND : 12)).iterations(3),
    )
    .force('x', forceX(0).strength(0.06 / wide))
    .force('y', forceY(0).strength(0.06 * wide))
    .stop()
    .tick(stepsFor(homes.length));
}

/** Inside their group, nodes lean towards those they talk to. */
function placeMembers(members: readonly Member[], lines: readonly Line[]): void {
  for (const member of members) {
    const { home } = member;
    const i = home.members.indexOf(member);
    const far = home.members.length === 1 ? 0 : (home.r - 12) * Math.sqrt(i / home.members.length);
    member.x = home.x + far * Math.cos(i * GOLDEN);
    member.y = home.y + far * Math.sin(i * GOLDEN);
  }
  const inside = members.filter(({ home }) => home.members.length > 1);
  for (const { home } of members)
    if (home.members.length === 1) Object.assign(home.members[0]!, { fx: home.x, fy: home.y });
  const simulation = forceSimulation<Member>([...members])
    .force('link', forceLink<Member, { source: Member; target: Member }>([...lines]).strength(0.0015))
    .force('apart', forceCollide<Member>(({ r }) => r + APART - 3).iterations(2))
    .force('x', forceX<Member>(({ home }) => home.x).strength(0.008))
    .force('y', forceY<Member>(({ home }) => home.y).strength(0.008))
    .stop();
  for (let i = stepsFor(members.length); i > 0; i--) {
    simulation.tick();
    for (const member of inside) {
      const { home, r } = member;
      const [dx, dy] = [member.x - home.x, member.y - home.y];
      const far = Math.hypot(dx, dy);
      const room = home.r - r - 4;
      if (far <= room) continue;
      member.x = home.x + (dx * room) / far;
      member.y = home.y + (dy * room) / far;
    }
  }
}

function boxOf(
  round: readonly { readonly x: number; readonly y: number; readonly r: number }[],
): Layout['box'] {
  if (round.length === 0) return { x: 0, y: 0, width: 1, height: 1 };
  const x = Math.min(...round.map((one) => one.x - one.r));
  const y = Math.min(...round.map((one) => one.y - one.r));
  const width = Math.max(...round.map((one) => one.x + one.r)) - x;
  const height = Math.max(...round.map((one) => one.y + one.r)) - y;
  return { x, y, width, height };
}
