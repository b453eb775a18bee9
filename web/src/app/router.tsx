/** The pages and their addresses. Links made today open for ever: a path that goes leaves a redirect. */
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { OverviewPage } from '../pages/overview/overview.js';
import { Frame } from './frame.js';
import { parseSearch, stringifySearch } from './search.js';
import { PREFIX } from './served.js';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** In the bar above the page. */
    title?: string;
  }
}

const root = createRootRoute({ component: Frame });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: OverviewPage,
  staticData: { title: 'Overview' },
});

export const router = createRouter({
  routeTree: root.addChildren([overview]),
  basepath: PREFIX,
  parseSearch,
  stringifySearch,
  defaultPreload: false,
});
