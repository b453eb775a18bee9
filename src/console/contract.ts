/** The console's API: every route, by name. */
import type { z } from 'zod';
import { about } from './contract/about.js';
import { captures } from './contract/captures.js';
import { compare } from './contract/compare.js';
import { hosts } from './contract/hosts.js';
import { live } from './contract/live.js';
import { map } from './contract/map.js';
import { mirrors } from './contract/mirrors.js';
import { names } from './contract/names.js';
import { overview } from './contract/overview.js';
import { packets } from './contract/packets.js';
import type { Route } from './contract/route.js';
import { services } from './contract/services.js';
import { sessions } from './contract/sessions.js';
import { setup } from './contract/setup.js';
import { signIn } from './contract/sign-in.js';
import { sql } from './contract/sql.js';
import { traffic } from './contract/traffic.js';
import { tunnels } from './contract/tunnels.js';
import { views } from './contract/views.js';

export const ROUTES = {
  ...signIn,
  ...about,
  ...traffic,
  ...sql,
  ...compare,
  ...packets,
  ...overview,
  ...sessions,
  ...mirrors,
  ...tunnels,
  ...setup,
  ...map,
  ...views,
  ...captures,
  ...live,
  ...hosts,
  ...services,
  ...names,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
type Declared<N extends RouteName> = (typeof ROUTES)[N];

/** The answer of a route; never where it is streamed. */
export type Answer<N extends RouteName> = Declared<N>['answer'] extends z.ZodType
  ? z.output<Declared<N>['answer']>
  : never;
/** The query as the page writes it, and as a handler gets it. */
export type Asked<N extends RouteName> =
  Declared<N> extends { query: infer Q extends z.ZodType } ? z.input<Q> : Record<string, never>;
export type Query<N extends RouteName> =
  Declared<N> extends { query: infer Q extends z.ZodType } ? z.output<Q> : Record<string, never>;
export type Params<N extends RouteName> =
  Declared<N> extends { params: infer P extends z.ZodType } ? z.output<P> : Record<string, never>;
export type Body<N extends RouteName> =
  Declared<N> extends { body: infer B extends z.ZodType } ? z.output<B> : undefined;

export type { AnswerProgress, Meta, Problem, Right, Route, Scope } from './contract/route.js';
