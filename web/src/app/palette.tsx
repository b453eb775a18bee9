/** The palette: everything that can be done, by its name; and what is written, looked for. */
import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import {
  Clock,
  CornerDownLeft,
  Filter,
  FolderOpen,
  Keyboard,
  List,
  type LucideIcon,
  Search,
  Server,
  Share2,
  SquareArrowRight,
  Star,
  Sun,
  Table2,
} from 'lucide-react';
import { useState } from 'react';
import { Icon } from '../parts/icon.js';
import { mirrorLabel } from '../parts/marks.js';
import { KEYS, type KeyId, press } from './keys.js';
import { PAGES, useCarried } from './pages.js';
import styles from './palette.module.css';
import { RUNNING, runningWords } from './range.js';
import { useAbout, useChangeScope, useLookedAt } from './scope.js';
import { sought } from './sought.js';
import { useOpenView, useViews } from './views.js';

interface Item {
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Beside it, in grey. */
  readonly more?: string | undefined;
  /** The key that does the same. */
  readonly keys?: string | undefined;
  readonly act: () => void;
}

interface Group {
  readonly value: string;
  readonly items: readonly Item[];
}

const ADDRESS = /^[0-9a-f.:]*[.:][0-9a-f.:]*(\/\d{1,3})?$/i;

/** What can be done with what is written. */
function useFound(text: string): Group | undefined {
  const navigate = useNavigate();
  const carried = useCarried();
  const change = useChangeScope();
  const looked = useLookedAt();
  if (text === '') return undefined;
  const { to, search } = sought(text);
  const go =
    (path: string, more: object = {}) =>
    () =>
      void navigate({ to: path, search: { ...carried, ...more } as never });
  const address = to.startsWith('/hosts/') && ADDRESS.test(text);
  if (!address) {
    const what = to.startsWith('/services/') ? `Service ${text}` : `Sessions with ${text}`;
    return {
      value: 'Search',
      items: [{ id: 'sought', label: what, icon: to === '/sessions' ? List : Server, act: go(to, search) }],
    };
  }
  const condition = `host:${text}`;
  return {
    value: text.includes('/') ? 'A network' : 'An address',
    items: [
      {
        id: 'sought',
        label: `${text.includes('/') ? 'Page' : 'Host page'} of ${text}`,
        icon: Server,
        act: go(to),
      },
      { id: 'its-sessions', label: 'Its sessions', icon: List, act: go('/sessions', { f: [condition] }) },
      {
        id: 'narrow',
        label: 'Filter this page by it',
        icon: Filter,
        act: () => change({ f: [...(looked?.conditions ?? []), condition] }),
      },
      {
        id: 'on-the-map',
        label: 'Show it on the map',
        icon: Share2,
        act: go('/map', {
          ...(text.includes('/') && { f: [condition] }),
          ...(!text.includes('/') && { sel: text, x: text }),
        }),
      },
    ],
  };
}

function useEverything(also: readonly Item[]): readonly Group[] {
  const navigate = useNavigate();
  const carried = useCarried();
  const change = useChangeScope();
  const about = useAbout();
  const views = useViews();
  const open = useOpenView();
  const keysOf = (id: KeyId): string => KEYS.find((key) => key.id === id)!.keys;
  const pressed = (id: KeyId, icon: LucideIcon): Item => {
    const key = KEYS.find((one) => one.id === id)!;
    return { id, label: key.words, icon, keys: key.keys, act: () => void press(id) };
  };
  return [
    {
      value: 'Saved views',
      items: views.map((view) => ({
        id: `view ${view.name}`,
        label: view.name,
        icon: Star,
        more: view.who,
        act: () => open(view),
      })),
    },
    {
      value: 'Pages',
      items: PAGES.flatMap(({ pages }) => pages).map((page) => ({
        id: page.to,
        label: page.title,
        icon: page.icon,
        keys: keysOf(page.key),
        act: () => void navigate({ to: page.to, search: carried as never }),
      })),
    },
    {
      value: 'Time range',
      items: [
        ...RUNNING.map((t) => ({ id: t, label: runningWords(t), icon: Clock, act: () => change({ t }) })),
        pressed('time', Clock),
        pressed('earlier', Clock),
        pressed('later', Clock),
      ],
    },
    {
      value: 'Mirrors that are looked at',
      items: [
        { id: 'all', label: 'All mirrors', icon: SquareArrowRight, act: () => change({ m: undefined }) },
        {
          id: 'once',
          label: 'Each conversation once',
          icon: SquareArrowRight,
          act: () => change({ m: 'once' }),
        },
        ...(about?.mirrors ?? []).map(({ id, site }) => ({
          id,
          label: mirrorLabel(about?.mirrors ?? [], id),
          icon: SquareArrowRight,
          more: site || undefined,
          act: () => change({ m: id }),
        })),
      ],
    },
    {
      value: 'This page',
      items: [
        pressed('save', Star),
        ...also,
        pressed('link', CornerDownLeft),
        pressed('twins', Table2),
        pressed('theme', Sun),
        pressed('help', Keyboard),
      ],
    },
  ];
}

export function Palette(props: {
  readonly open: boolean;
  readonly close: () => void;
  /** Shows captures; undefined for whoever may not. */
  readonly captures: (() => void) | undefined;
}) {
  const { open, close, captures } = props;
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className={`dialog ${styles.palette}`} aria-label="Everything that can be done">
          <Content
            close={close}
            also={
              captures === undefined
                ? []
                : [{ id: 'captures', label: 'Look into a capture', icon: FolderOpen, act: captures }]
            }
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Content({ close, also }: { readonly close: () => void; readonly also: readonly Item[] }) {
  const [text, write] = useState('');
  const wanted = text.trim();
  const found = useFound(wanted);
  const everything = useEverything(also);
  const words = wanted.toLowerCase().split(/\s+/);
  const fits = ({ label, more = '' }: Item, group: string): boolean =>
    words.every((word) => `${group} ${label} ${more}`.toLowerCase().includes(word));
  const named = everything.map(({ value, items }) => ({
    value,
    items: items.filter((item) => fits(item, value)),
  }));
  // What looks like an address is one; a word is first the name of something.
  const first =
    found?.items.length === 1 ? [...named, found] : found === undefined ? named : [found, ...named];
  const groups = first.filter(({ items }) => items.length > 0);
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      autoHighlight="always"
      keepHighlight
      value={text}
      onValueChange={(value) => write(value)}
      itemToStringValue={(item: Item) => item.label}
    >
      <div className={styles.input}>
        <Icon of={Search} />
        <Autocomplete.Input
          aria-label="What to do, or what to look for"
          placeholder="A page, a view, an address, a port…"
          spellCheck={false}
        />
        <Dialog.Close className="btn ghost sm">
          <kbd>Esc</kbd>
        </Dialog.Close>
      </div>
      <Autocomplete.List className={styles.list}>
        {(group: Group) => (
          <Autocomplete.Group key={group.value} items={group.items}>
            <Autocomplete.GroupLabel className={styles.label}>{group.value}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(item: Item) => (
                <Autocomplete.Item
                  key={item.id}
                  value={item}
                  className={styles.item}
                  onClick={() => {
                    close();
                    item.act();
                  }}
                >
                  <Icon of={item.icon} />
                  <span>{item.label}</span>
                  {item.more !== undefined && <span className="faint">{item.more}</span>}
                  <span className={styles.keys}>
                    {(item.keys?.split(' ') ?? []).map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </span>
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      <p className={styles.help}>
        Takes addresses, prefixes, ports (:443), MACs, Community IDs, session ids, names, and conditions such
        as <span className="mono">handshake_us:&gt;100000</span>
      </p>
    </Autocomplete.Root>
  );
}
