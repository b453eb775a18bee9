import type { Handlers } from '../handler.js';

export const viewHandlers: Handlers<'views' | 'view' | 'saveView' | 'removeView'> = {
  views: (_, { views }) => ({ views: views.list() }),
  view: ({ params: { name } }, { views }) => views.find(name),
  saveView: ({ params: { name }, body: { path }, who }, { views }) =>
    views.save({ name, path, who: who.name }),
  removeView: ({ params: { name }, who }, { views }) => {
    views.remove(name, who.name);
    return {};
  },
};
