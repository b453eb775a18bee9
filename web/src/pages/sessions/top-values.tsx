/** The most frequent values of a column under what is looked at: each makes a condition. */
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { writeCondition } from '../../app/conditions.js';
import { useLookedAt } from '../../app/scope.js';
import { bytes, count, plural } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { Statement } from '../../parts/card.js';
import { mirrorLabel } from '../../parts/marks.js';
import { Waiting, Wrong } from '../../parts/states.js';
import { textOf } from './cells.js';
import { COLUMNS, type ListOf, type Mirrors } from './columns.js';
import { EITHER_LABELS } from './labels.js';
import css from './sessions.module.css';

type Value = Answer<'values'>['values'][number];

export function TopValues(props: {
  readonly of: ListOf;
  readonly column: string;
  readonly by: 'rows' | 'bytes';
  readonly limit: number;
  readonly mirrors: Mirrors;
  readonly choose: (condition: string) => void;
}) {
  const { of, column, by, limit, mirrors, choose } = props;
  const looked = useLookedAt();
  const answer = useAnswer(
    'values',
    { ...looked?.query, of, column, by, limit: String(limit) },
    { enabled: looked !== undefined },
  );
  const { data, error } = answer;
  if (error !== null) return <Wrong error={error} again={() => void answer.refetch()} />;
  if (data === undefined) return <Waiting of={answer} lines={limit > 10 ? 8 : 4} />;
  const label = COLUMNS[of].get(column)?.label ?? EITHER_LABELS.get(column) ?? column;
  const most = Math.max(...data.values.map((v) => v[by]), 1);
  return (
    <div className={answer.isPlaceholderData ? `${css.values} ${css.stale}` : css.values}>
      <table aria-label={`Top values of ${label}`}>
        <thead>
          <tr>
            <th>{label}</th>
            <th aria-label="Share" />
            <th className="n">{of === 'sessions' ? 'Sessions' : 'Transactions'}</th>
            <th className="n">Bytes</th>
          </tr>
        </thead>
        <tbody>
          {data.values.map((value) => (
            <tr key={textOf(value.value)}>
              <td title={textOf(value.value)}>
                <button
                  type="button"
                  className="l"
                  onClick={() =>
                    choose(writeCondition({ name: column, negated: false, values: [textOf(value.value)] }))
                  }
                >
                  <ValueText column={column} value={value} mirrors={mirrors} />
                </button>
              </td>
              <td className={css.bar}>
                <span className="track" aria-hidden="true">
                  <span style={{ width: `${(value[by] / most) * 100}%` }} />
                </span>
              </td>
              <td className="n">{count(value.rows)}</td>
              <td className="n">{bytes(value.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint flex">
        {data.values.length === 0
          ? 'There are no values: no row fits, or none has one.'
          : `${count(data.values.length)} of ${plural(data.all_values, 'value')}`}
        <span className="grow" />
        <Statement meta={data.meta} />
      </p>
    </div>
  );
}

function ValueText(props: { readonly column: string; readonly value: Value; readonly mirrors: Mirrors }) {
  const text = textOf(props.value.value);
  if (text === '') return <span className="faint">{props.value.value === null ? 'none' : 'empty'}</span>;
  return <>{printable(props.column === 'mirror' ? mirrorLabel(props.mirrors, text) : text)}</>;
}
