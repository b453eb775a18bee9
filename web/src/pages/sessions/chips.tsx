/** The conditions of what is looked at: each can be negated, removed, and another one added. */
import { Popover } from '@base-ui/react/popover';
import { Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { EITHER, negated, readCondition, withCondition, writeCondition } from '../../app/conditions.js';
import { useAbout } from '../../app/scope.js';
import { printable } from '../../format/text.js';
import { Icon } from '../../parts/icon.js';
import { mirrorLabel } from '../../parts/marks.js';
import { Pick, type Pickable } from '../../parts/pick.js';
import { COLUMNS, type ListOf, type Mirrors } from './columns.js';
import { type Known, knownWords, MORE } from './labels.js';
import css from './sessions.module.css';
import { TopValues } from './top-values.js';

export function Chips(props: {
  readonly of: ListOf;
  readonly conditions: readonly string[];
  readonly change: (conditions: string[]) => void;
  readonly mirrors: Mirrors;
  readonly adding: boolean;
  readonly setAdding: (open: boolean) => void;
}) {
  const { of, conditions, change, mirrors, adding, setAdding } = props;
  return (
    <div className="filters" role="group" aria-label="Conditions">
      {conditions.map((text, i) => {
        const without = (): void => change(conditions.filter((_, j) => j !== i));
        const opposite = (): void => change(conditions.map((one, j) => (j === i ? negated(one) : one)));
        return <Chip key={text} text={text} mirrors={mirrors} negate={opposite} remove={without} />;
      })}
      <Popover.Root open={adding} onOpenChange={setAdding}>
        <Popover.Trigger className={`chip off ${css.add}`}>
          <Icon of={Plus} />
          Filter <kbd aria-hidden="true">F</kbd>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={6} align="start">
            <Popover.Popup className={`popup ${css.panel}`} aria-label="Add a condition">
              <AddCondition
                of={of}
                mirrors={mirrors}
                add={(text) => {
                  setAdding(false);
                  change(withCondition(conditions, text));
                }}
              />
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </div>
  );
}

/** A condition in words: `server 10.30.0.30`. */
export function conditionWords(
  text: string,
  mirrors: Mirrors,
): { readonly name: string; readonly value: string } {
  const { name, values } = readCondition(text);
  const words = values.map((value) => {
    if (value === '') return 'none';
    if (name !== 'mirror') return printable(value);
    return mirrorLabel(mirrors, value);
  });
  return { name: name.replaceAll('_', ' '), value: words.join(' or ') };
}

function Chip(props: {
  readonly text: string;
  readonly mirrors: Mirrors;
  readonly negate: () => void;
  readonly remove: () => void;
}) {
  const { text, mirrors, negate, remove } = props;
  const { negated: not } = readCondition(text);
  const { name, value } = conditionWords(text, mirrors);
  const words = `${name} ${not ? 'is not' : 'is'} ${value}`;
  return (
    <span
      className={not ? 'chip neg' : 'chip'}
      role="group"
      aria-label={words}
      onKeyDown={(event) => {
        if (event.key === 'Delete' || event.key === 'Backspace') remove();
      }}
    >
      <button
        type="button"
        className={css.negate}
        aria-pressed={not}
        title={not ? 'Only what has it' : 'Only what does not have it'}
        aria-label={`Not: ${words}`}
        onClick={negate}
      >
        {not ? `${name} not` : name} <b>{value}</b>
      </button>
      <button type="button" aria-label={`Remove: ${words}`} onClick={remove}>
        <Icon of={X} className={css.x!} />
      </button>
    </span>
  );
}

/** Columns that are asked under another name, or not at all. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'client_ip',
  'server_ip',
  'mirror_name',
  'first_seen',
  'last_seen',
  'time',
]);

/** What conditions can be about: the table's own columns first, then those of the other one. */
export function conditionColumns(of: ListOf, known: Known | undefined): Pickable[] {
  const other = of === 'sessions' ? 'transactions' : 'sessions';
  const own = [...COLUMNS[of].values()];
  const more = [...COLUMNS[other].values()].filter(({ id }) => !COLUMNS[of].has(id));
  return [
    ...MORE,
    ...knownWords(known),
    ...[...own, ...more]
      .filter(({ id }) => !LEFT_OUT.has(id) && id !== 'attributes')
      .map(({ id, label, doc }) => ({ value: id, label, more: doc.replaceAll('`', '') })),
  ];
}

function AddCondition(props: {
  readonly of: ListOf;
  readonly mirrors: Mirrors;
  readonly add: (condition: string) => void;
}) {
  const { of, mirrors, add } = props;
  const [column, choose] = useState<string | undefined>();
  const [value, write] = useState('');
  const [not, setNot] = useState(false);
  const known = useAbout()?.known;
  const items = useMemo(() => conditionColumns(of, known), [of, known]);
  const at = column === undefined ? undefined : (COLUMNS[of].get(column) ?? otherColumn(of, column));
  const example = at?.numeric === true ? '443   > 1000   1..9   443, 8443' : 'a value; * stands for anything';
  const listed = column !== undefined && (COLUMNS[of].has(column) || EITHER.has(column));
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (column === undefined) return;
        const said = at?.numeric === true ? value.replaceAll(' ', '') : value.trim();
        add(`${column}:${not ? '!' : ''}${said}`);
      }}
    >
      <Pick label="Column" items={items} value={column} onChange={choose} autoFocus />
      <span className="search pick">
        <input
          className="mono"
          aria-label="Value"
          placeholder={example}
          value={value}
          onChange={(event) => write(event.target.value)}
        />
      </span>
      <div className="flex">
        <label className="flex">
          <input type="checkbox" checked={not} onChange={(event) => setNot(event.target.checked)} />
          all but these
        </label>
        <span className="grow" />
        <button type="submit" className="btn sm pri" disabled={column === undefined}>
          Add
          <kbd aria-hidden="true">Enter</kbd>
        </button>
      </div>
      {listed && (
        <TopValues
          of={of}
          column={column}
          by="rows"
          limit={8}
          mirrors={mirrors}
          choose={(text) => {
            const condition = readCondition(text);
            add(writeCondition({ ...condition, negated: not }));
          }}
        />
      )}
    </form>
  );
}

function otherColumn(of: ListOf, name: string) {
  return COLUMNS[of === 'sessions' ? 'transactions' : 'sessions'].get(name);
}
