/** The top values of any column under what is looked at, and what they make: conditions. */
import { Popover } from '@base-ui/react/popover';
import { ChartBar } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useAbout } from '../../app/scope.js';
import { Icon } from '../../parts/icon.js';
import { Segments } from '../../parts/menu.js';
import { Pick } from '../../parts/pick.js';
import { COLUMNS, type ListOf, type Mirrors } from './columns.js';
import { knownWords } from './labels.js';
import css from './sessions.module.css';
import { TopValues } from './top-values.js';

const BY = [
  { value: 'rows', label: 'rows' },
  { value: 'bytes', label: 'bytes' },
] as const;

export function Values(props: {
  readonly of: ListOf;
  readonly mirrors: Mirrors;
  /** The column whose values are shown; undefined: closed, '': none is chosen yet. */
  readonly column: string | undefined;
  readonly setColumn: (column: string | undefined) => void;
  readonly choose: (condition: string) => void;
}) {
  const { of, mirrors, column, setColumn, choose } = props;
  const [by, setBy] = useState<'rows' | 'bytes'>('rows');
  const known = useAbout()?.known;
  const items = useMemo(
    () => [
      ...knownWords(known),
      ...[...COLUMNS[of].values()]
        .filter(({ id }) => !/^(first_seen|last_seen|time|attributes|client_ip|server_ip)$/.test(id))
        .map(({ id, label, doc }) => ({ value: id, label, more: doc.replaceAll('`', '') })),
    ],
    [of, known],
  );
  return (
    <Popover.Root open={column !== undefined} onOpenChange={(open) => setColumn(open ? '' : undefined)}>
      <Popover.Trigger className="btn sm">
        <Icon of={ChartBar} />
        Values <kbd aria-hidden="true">V</kbd>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end">
          <Popover.Popup className={`popup ${css.panel} ${css.wide}`} aria-label="Top values">
            <div className="flex">
              <Pick
                label="Values of which column?"
                items={items}
                value={column}
                onChange={setColumn}
                autoFocus
              />
              <Segments label="By" value={by} choices={BY} onChange={setBy} />
            </div>
            {column === undefined || column === '' ? (
              <p className="faint">
                Choose a column: its 20 most frequent values, under the conditions above.
              </p>
            ) : (
              <TopValues of={of} column={column} by={by} limit={20} mirrors={mirrors} choose={choose} />
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
