/** What the lists of hosts and of services have in common. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ArrowDown, Search } from 'lucide-react';
import { useCarried } from '../../app/frame.js';
import { scopeSearch } from '../../app/search.js';
import { Icon } from '../../parts/icon.js';
import { Segments } from '../../parts/menu.js';
import styles from './hosts.module.css';

/** Changes what a list shows: Back goes back to the page before, not one keystroke. */
export function useListSearch(): (more: Record<string, string | undefined>) => void {
  const navigate = useNavigate();
  return (more) =>
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, ...more })) as never,
      replace: true,
    });
}

const LISTS = [
  { value: 'hosts', label: 'Hosts' },
  { value: 'services', label: 'Services' },
] as const;

/** Which list, and what of it. */
export function ListTools(props: {
  readonly of: 'hosts' | 'services';
  readonly filter: string;
  readonly write: (text: string) => void;
}) {
  const { of, filter, write } = props;
  const navigate = useNavigate();
  const carried = useCarried();
  const { f = [] } = scopeSearch(useSearch({ strict: false }) as Record<string, unknown>);
  return (
    <>
      <span className={`search ${styles.filter}`}>
        <Icon of={Search} />
        <input
          aria-label="Filter"
          placeholder="Part of an address or a name"
          spellCheck={false}
          value={filter}
          onChange={(event) => write(event.target.value)}
        />
      </span>
      <Segments
        label="What is listed"
        value={of}
        choices={LISTS}
        onChange={(next) =>
          void navigate({
            to: `/${next}`,
            search: { ...carried, ...(f.length > 0 && { f }) } as never,
          })
        }
      />
    </>
  );
}

export function Sort<Order extends string>(props: {
  readonly order: Order;
  readonly title: string;
  readonly now: Order;
  readonly sort: (to: Order) => void;
}) {
  const { order, title, now, sort } = props;
  return (
    <button type="button" className={styles.sort} onClick={() => sort(order)}>
      {title}
      {now === order && <Icon of={ArrowDown} />}
    </button>
  );
}
