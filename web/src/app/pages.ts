/** The pages, in the rail and in the palette. */
import { useSearch } from '@tanstack/react-router';
import {
  Activity,
  ArrowLeftRight,
  ChartColumn,
  Code,
  List,
  type LucideIcon,
  RectangleEllipsis,
  Server,
  Share2,
  SquareArrowRight,
} from 'lucide-react';
import type { KeyId } from './keys.js';
import { scopeSearch } from './search.js';

export interface Page {
  readonly to: string;
  readonly title: string;
  readonly icon: LucideIcon;
  readonly key: KeyId;
}

export const PAGES: readonly { readonly group?: string; readonly pages: readonly Page[] }[] = [
  {
    pages: [
      { to: '/', title: 'Overview', icon: ChartColumn, key: 'overview' },
      { to: '/sessions', title: 'Sessions', icon: List, key: 'sessions' },
      { to: '/hosts', title: 'Hosts', icon: Server, key: 'hosts' },
      { to: '/map', title: 'Map', icon: Share2, key: 'map' },
      { to: '/live', title: 'Live', icon: Activity, key: 'live' },
    ],
  },
  {
    group: 'Mirrors',
    pages: [
      { to: '/mirrors', title: 'Mirrors', icon: SquareArrowRight, key: 'mirrors' },
      { to: '/compare', title: 'Compare', icon: ArrowLeftRight, key: 'compare' },
      { to: '/tunnels', title: 'Tunnels', icon: RectangleEllipsis, key: 'tunnels' },
    ],
  },
  { group: 'Ask', pages: [{ to: '/sql', title: 'SQL', icon: Code, key: 'sql' }] },
];

/** What a link to another page takes along: the time range and the mirror points, not the conditions. */
export function useCarried(): { readonly t?: string | undefined; readonly m?: string | undefined } {
  const { t, m } = scopeSearch(useSearch({ strict: false }) as Record<string, unknown>);
  return { t, m };
}
