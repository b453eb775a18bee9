/** Saved views: what is looked at, by a name, for everybody. */
import { Dialog } from '@base-ui/react/dialog';
import { Menu } from '@base-ui/react/menu';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { ApiError, call } from '../api/client.js';
import { useAnswer } from '../api/use-answer.js';
import { Icon } from '../parts/icon.js';
import { Wrong } from '../parts/states.js';
import { toast } from '../parts/toasts.js';
import { press } from './keys.js';
import { PREFIX } from './served.js';
import { useMe } from './signed-in.js';

export type View = Answer<'view'>;

export function useViews(): readonly View[] {
  return useAnswer('views').data?.views ?? [];
}

/** Opens a view: its address is one of this page. */
export function useOpenView(): (view: View) => void {
  const router = useRouter();
  return ({ path }) => router.history.push(`${PREFIX}${path}`);
}

/** The star in the bar: all views, and the one that is seen now to be saved. */
export function ViewsMenu() {
  const views = useViews();
  const open = useOpenView();
  return (
    <Menu.Root>
      <Menu.Trigger className="btn ghost icon" aria-label="Views" title="Views">
        <Icon of={Star} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className="popup">
            {views.map((view) => (
              <Menu.Item key={view.name} className="item" onClick={() => open(view)}>
                {view.name}
                <span className="r">{view.who}</span>
              </Menu.Item>
            ))}
            <Menu.Item className="item" onClick={() => press('save')}>
              Save this view…
              <span className="r">Shift S</span>
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** Saves what is seen, and removes views of one's own. */
export function ViewsDialog({ open, close }: { readonly open: boolean; readonly close: () => void }) {
  const views = useViews();
  const me = useMe();
  const client = useQueryClient();
  const [name, write] = useState('');
  const [wrong, say] = useState<ApiError>();
  const done = async (change: Promise<unknown>, words: string): Promise<boolean> => {
    try {
      await change;
      say(undefined);
      toast(words);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(error);
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: ['views'] });
    }
  };
  const save = async (): Promise<void> => {
    const path = location.pathname.slice(PREFIX.length) + location.search;
    const given = name.trim();
    const saved = call('saveView', { params: { name: given }, body: { path } });
    if (!(await done(saved, `View ${given} saved`))) return;
    write('');
    close();
  };
  const known = views.find((view) => view.name === name.trim());
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" style={{ width: 'min(440px, calc(100vw - 32px))' }}>
          <Dialog.Title render={<h2 />}>Save this view</Dialog.Title>
          <form
            style={{ display: 'grid', gap: 10 }}
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <label>
              Name
              <span className="search" style={{ maxWidth: 'none', marginTop: 4 }}>
                <input
                  value={name}
                  maxLength={80}
                  placeholder="Web servers, failing"
                  onChange={(event) => write(event.target.value)}
                />
              </span>
            </label>
            <p className="muted">
              This page with its time range, conditions, columns and order. Everybody who may see this console
              sees the name.
            </p>
            {wrong !== undefined && <Wrong error={wrong} />}
            <div className="flex">
              <button type="submit" className="btn pri" disabled={name.trim() === ''}>
                {known === undefined ? 'Save' : 'Replace'}
              </button>
              <Dialog.Close className="btn">Cancel</Dialog.Close>
            </div>
          </form>
          {views.length > 0 && (
            <table aria-label="Views" style={{ marginTop: 16 }}>
              <thead>
                <tr>
                  <th>View</th>
                  <th>Whose</th>
                  <th />
                </tr>
              </thead>
              <tbody>
                {views.map((view) => (
                  <tr key={view.name}>
                    <td title={view.path}>{view.name}</td>
                    <td className="muted">{view.who}</td>
                    <td className="n">
                      {view.who === me?.name && (
                        <button
                          type="button"
                          className="btn ghost sm icon"
                          aria-label={`Remove ${view.name}`}
                          onClick={() =>
                            void done(
                              call('removeView', { params: { name: view.name } }),
                              `View ${view.name} removed`,
                            )
                          }
                        >
                          <Icon of={Trash2} />
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
