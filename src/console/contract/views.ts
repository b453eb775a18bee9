import { z } from 'zod';
import { route } from './route.js';

/** Characters of a view's name, and of its path with what stands behind `?`. */
export const LONGEST_NAME = 80;
export const LONGEST_PATH = 4096;

const name = z
  .string()
  .min(1)
  .max(LONGEST_NAME)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name must not have
  .regex(/^[^\u0000-\u001f\u007f]*$/, { error: 'has control characters' });

const view = z.object({
  name: z.string(),
  /** Below the console's own address: `/sessions?f=tcp_state:REJ`. */
  path: z.string(),
  /** Who made it, and may change it. */
  who: z.string(),
});
export type View = z.output<typeof view>;

export const views = {
  views: route({
    method: 'GET',
    path: '/views',
    needs: 'view',
    doc: 'The saved views, by name.',
    answer: z.object({ views: z.array(view) }),
  }),
  view: route({
    method: 'GET',
    path: '/views/:name',
    needs: 'view',
    doc: 'A saved view.',
    params: z.object({ name }),
    answer: view,
  }),
  saveView: route({
    method: 'PUT',
    path: '/views/:name',
    needs: 'view',
    doc: 'Saves a view, or changes one that is your own.',
    params: z.object({ name }),
    body: z.strictObject({
      path: z
        .string()
        .max(LONGEST_PATH)
        .regex(/^\/(?!\/)[\x21-\x7e]*$/, { error: 'is not a path of the console' })
        .describe("A path of the console's page with what stands behind `?`."),
    }),
    answer: view,
  }),
  removeView: route({
    method: 'DELETE',
    path: '/views/:name',
    needs: 'view',
    doc: 'Removes a view of your own.',
    params: z.object({ name }),
    answer: z.object({}),
  }),
};
