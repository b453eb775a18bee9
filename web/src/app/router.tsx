/** The pages and their addresses. Links made today open for ever: a path that goes leaves a redirect. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router';
import { HomePage } from '../pages/first-run/first-run.js';
import { FailedPage, NoSuchPage } from './astray.js';
import { Frame } from './frame.js';
import { parseSearch, stringifySearch } from './search.js';
import { PREFIX } from './served.js';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** In the bar above the page. */
    title?: string;
  }
}

const root = createRootRoute({
  component: Frame,
  // Whoever looks into a capture does so on every page.
  search: { middlewares: [retainSearchParams(['c' as never])] },
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: HomePage,
  staticData: { title: 'Overview' },
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  component: lazyRouteComponent(() => import('../pages/sessions/sessions.js'), 'SessionsPage'),
  staticData: { title: 'Sessions' },
});

const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  component: lazyRouteComponent(() => import('../pages/compare/compare.js'), 'ComparePage'),
  staticData: { title: 'Compare' },
});

const map = createRoute({
  getParentRoute: () => root,
  path: '/map',
  component: lazyRouteComponent(() => import('../pages/map/map.js'), 'MapPage'),
  staticData: { title: 'Map' },
});

const sql = createRoute({
  getParentRoute: () => root,
  path: '/sql',
  component: lazyRouteComponent(() => import('../pages/sql/sql.js'), 'SqlPage'),
  staticData: { title: 'SQL' },
});

const packets = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$id/packets',
  component: lazyRouteComponent(() => import('../pages/packets/packets.js'), 'PacketsPage'),
  staticData: { title: 'Packets' },
});

const mirrors = createRoute({
  getParentRoute: () => root,
  path: '/mirrors',
  component: lazyRouteComponent(() => import('../pages/mirrors/mirrors.js'), 'MirrorsPage'),
  staticData: { title: 'Mirrors' },
});
/** Shown by the page above, which keeps what it knows from one mirror to the next. */
const mirror = createRoute({
  getParentRoute: () => mirrors,
  path: '$id',
  staticData: { title: 'Mirrors' },
});
const addMirror = createRoute({
  getParentRoute: () => root,
  path: '/mirrors/add',
  component: lazyRouteComponent(() => import('../pages/add-mirror/add-mirror.js'), 'AddMirrorPage'),
  staticData: { title: 'Add a mirror' },
});
const tunnels = createRoute({
  getParentRoute: () => root,
  path: '/tunnels',
  component: lazyRouteComponent(() => import('../pages/tunnels/tunnels.js'), 'TunnelsPage'),
  staticData: { title: 'Tunnels' },
});

const live = createRoute({
  getParentRoute: () => root,
  path: '/live',
  component: lazyRouteComponent(() => import('../pages/live/live.js'), 'LivePage'),
  staticData: { title: 'Live' },
});

const hosts = createRoute({
  getParentRoute: () => root,
  path: '/hosts',
  component: lazyRouteComponent(() => import('../pages/hosts/hosts.js'), 'HostsPage'),
  staticData: { title: 'Hosts' },
});

const hostPage = lazyRouteComponent(() => import('../pages/hosts/host.js'), 'HostPage');
const host = createRoute({
  getParentRoute: () => root,
  path: '/hosts/$address',
  component: hostPage,
  staticData: { title: 'Host' },
});
const network = createRoute({
  getParentRoute: () => root,
  path: '/hosts/$address/$length',
  component: hostPage,
  staticData: { title: 'Network' },
});

const services = createRoute({
  getParentRoute: () => root,
  path: '/services',
  component: lazyRouteComponent(() => import('../pages/services/services.js'), 'ServicesPage'),
  staticData: { title: 'Services' },
});
const service = createRoute({
  getParentRoute: () => root,
  path: '/services/$service',
  component: lazyRouteComponent(() => import('../pages/services/service.js'), 'ServicePage'),
  staticData: { title: 'Service' },
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    sessions,
    packets,
    map,
    compare,
    sql,
    live,
    hosts,
    host,
    network,
    services,
    service,
    mirrors.addChildren([mirror]),
    addMirror,
    tunnels,
  ]),
  basepath: PREFIX,
  parseSearch,
  stringifySearch,
  defaultPreload: false,
  defaultNotFoundComponent: NoSuchPage,
  defaultErrorComponent: FailedPage,
  // Of IPv6 addresses and of services.
  pathParamsAllowedCharacters: [':'],
});
