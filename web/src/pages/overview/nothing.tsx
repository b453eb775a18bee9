/** Nothing to show: which condition is to blame, and a way out. */
import { Filter } from 'lucide-react';
import { useAnswer } from '../../api/use-answer.js';
import { useChangeScope, useLookedAt } from '../../app/scope.js';
import { count, plural } from '../../format/numbers.js';
import { span } from '../../format/times.js';
import { Icon } from '../../parts/icon.js';
import { Empty } from '../../parts/states.js';

/** Conditions that are tried one by one. */
const MOST = 3;

export function Nothing() {
  const looked = useLookedAt();
  const change = useChangeScope();
  const { from, to, mirror } = looked?.query ?? {};
  const all = useAnswer(
    'series',
    { from, to, unit: 'sessions', by: 'none' },
    { enabled: looked !== undefined },
  );
  if (looked === undefined) return null;
  const { conditions, range } = looked;
  const there = all.data?.series.reduce((sum, one) => sum + one.total, 0);
  const when = span(range.begin, range.end);
  if (there === undefined) return null;
  if (there === 0)
    return (
      <Empty>
        <b>No conversations, {when}</b>
        <button type="button" className="btn sm" onClick={() => change({ t: undefined })}>
          The last hour of what is stored
        </button>
      </Empty>
    );
  return (
    <Empty>
      <Icon of={Filter} />
      <b>No conversation fits</b>
      <span>
        {when}: {plural(there, 'session')} in all.
      </span>
      {conditions.slice(0, MOST).map((text) => (
        <Without key={text} text={text} />
      ))}
      {mirror !== undefined && (
        <button type="button" className="btn sm" onClick={() => change({ m: undefined })}>
          All mirrors
        </button>
      )}
    </Empty>
  );
}

/** What there is without a condition. */
function Without({ text }: { readonly text: string }) {
  const looked = useLookedAt();
  const change = useChangeScope();
  const left = looked?.conditions.filter((one) => one !== text) ?? [];
  const { data } = useAnswer('series', { ...looked?.query, f: left, unit: 'sessions', by: 'none' });
  const n = data?.series.reduce((sum, one) => sum + one.total, 0);
  return (
    <button
      type="button"
      className="btn sm"
      onClick={() => change({ f: left.length === 0 ? undefined : left })}
    >
      Without “{text}”{n !== undefined && <span className="faint">{count(n)}</span>}
    </button>
  );
}
