/** An empty list: which condition is to blame, and how to be rid of it. */
import { Funnel } from 'lucide-react';
import { useAnswer } from '../../api/use-answer.js';
import { absolute } from '../../app/range.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { count, plural } from '../../format/numbers.js';
import { day, span } from '../../format/times.js';
import { Icon } from '../../parts/icon.js';
import { conditionWords } from './chips.js';
import type { ListOf, Mirrors } from './columns.js';
import css from './sessions.module.css';

const DAY = 86_400_000;

export function Nothing({ of, mirrors }: { readonly of: ListOf; readonly mirrors: Mirrors }) {
  const looked = useLookedAt();
  const about = useAbout();
  const change = useChangeScope();
  const { data } = useAnswer('without', { ...looked?.query, of }, { enabled: looked !== undefined });
  if (looked === undefined || data === undefined || about === undefined) return null;
  const { range, conditions } = looked;
  const words = of === 'sessions' ? 'session' : 'transaction';
  const when = `Between ${span(range.begin, range.end).replace(' – ', ' and ')}`;
  const blamed = data.without.filter(({ rows }) => rows > 0).sort((a, b) => b.rows - a.rows);
  const newest = about.last_seen === null ? undefined : Date.parse(about.last_seen);
  const begin = Math.floor(range.begin / DAY) * DAY;
  const whole = absolute(begin, begin + DAY);
  return (
    <div className={`empty ${css.nothing}`} role="status">
      <Icon of={Funnel} className={css.big!} />
      <b>
        {data.all === 0
          ? `There is no ${words} in this time`
          : `No ${words} fits ${conditions.length > 1 ? 'these conditions' : 'this condition'}`}
      </b>
      <p>
        {when} there {data.all === 1 ? 'is' : 'are'} {data.all === 0 ? 'none' : plural(data.all, words)}.{' '}
        {data.all > 0 &&
          blamed.slice(0, 3).map(({ condition, rows }) => {
            const { name, value } = conditionWords(condition, mirrors);
            const not = /^[a-z_0-9]+:!/.test(condition) ? '≠' : '=';
            return (
              <span key={condition}>
                {count(rows)} {rows === 1 ? 'fits' : 'fit'} without <b>{`${name} ${not} ${value}`}</b>.{' '}
              </span>
            );
          })}
        {data.all > 0 &&
          blamed.length === 0 &&
          conditions.length > 1 &&
          'Two conditions or more exclude each other.'}
      </p>
      <div className="filters">
        {blamed.slice(0, 3).map(({ condition }) => (
          <button
            key={condition}
            type="button"
            className="btn sm"
            onClick={() => change({ f: conditions.filter((one) => one !== condition) })}
          >
            Without “{conditionWords(condition, mirrors).name}”
          </button>
        ))}
        {data.all > 0 && blamed.length === 0 && conditions.length > 0 && (
          <button type="button" className="btn sm" onClick={() => change({ f: undefined })}>
            Without conditions
          </button>
        )}
        {data.all === 0 && newest !== undefined && (newest < range.begin || newest >= range.end) && (
          <button
            type="button"
            className="btn sm"
            onClick={() => change({ t: absolute(newest - 600_000, newest + 1000).text })}
          >
            The newest rows
          </button>
        )}
        {whole.text !== range.text && (
          <button type="button" className="btn sm" onClick={() => change({ t: whole.text })}>
            All of {day(begin)}
          </button>
        )}
      </div>
    </div>
  );
}
