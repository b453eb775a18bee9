/** Which columns a list has, and in which order. */
import { Dialog } from '@base-ui/react/dialog';
import { ArrowDown, ArrowUp, Columns3, X } from 'lucide-react';
import { useState } from 'react';
import { Icon } from '../../parts/icon.js';
import { Pick } from '../../parts/pick.js';
import { COLUMNS, type ListColumn, type ListOf, STANDARD } from './columns.js';
import css from './sessions.module.css';

/** Columns at once. */
const MOST = 40;

export function ColumnsDialog(props: {
  readonly of: ListOf;
  readonly columns: readonly ListColumn[];
  /** Undefined: those that lists have by default. */
  readonly choose: (cols: string | undefined) => void;
}) {
  const { of, columns, choose } = props;
  const [open, setOpen] = useState(false);
  const ids = columns.map(({ id }) => id);
  const take = (next: readonly string[]): void => {
    const text = next.join(',');
    if (next.length > 0) choose(text === STANDARD[of].join(',') ? undefined : text);
  };
  const moved = (at: number, by: -1 | 1): void => {
    const next = [...ids];
    const [one] = next.splice(at, 1);
    if (one !== undefined) next.splice(at + by, 0, one);
    take(next);
  };
  const others = [...COLUMNS[of].values()].filter(({ id }) => !ids.includes(id));
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className="btn sm ghost">
        <Icon of={Columns3} />
        Columns
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className={`dialog ${css.columns}`}>
          <Dialog.Title render={<h2 />}>Columns</Dialog.Title>
          <ul>
            {columns.map(({ id, label, doc }, i) => (
              <li key={id} className="flex">
                <span className={css.column} title={doc.replaceAll('`', '')}>
                  {label} <small className="mono faint">{id}</small>
                </span>
                <button
                  type="button"
                  className="btn sm icon ghost"
                  aria-label={`${label}: before`}
                  disabled={i === 0}
                  onClick={() => moved(i, -1)}
                >
                  <Icon of={ArrowUp} />
                </button>
                <button
                  type="button"
                  className="btn sm icon ghost"
                  aria-label={`${label}: behind`}
                  disabled={i === columns.length - 1}
                  onClick={() => moved(i, 1)}
                >
                  <Icon of={ArrowDown} />
                </button>
                <button
                  type="button"
                  className="btn sm icon ghost"
                  aria-label={`Leave out ${label}`}
                  disabled={columns.length === 1}
                  onClick={() => take(ids.filter((one) => one !== id))}
                >
                  <Icon of={X} />
                </button>
              </li>
            ))}
          </ul>
          <Pick
            key={ids.length}
            label="Add a column"
            items={others.map(({ id, label, doc }) => ({ value: id, label, more: doc.replaceAll('`', '') }))}
            value={undefined}
            onChange={(id) => ids.length < MOST && take([...ids, id])}
          />
          <div className="flex">
            <button type="button" className="btn" onClick={() => choose(undefined)}>
              As they were
            </button>
            <span className="grow" />
            <Dialog.Close className="btn pri">Done</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
