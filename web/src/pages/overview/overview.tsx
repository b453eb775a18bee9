/** What is going on, and what is wrong. */
import { X } from 'lucide-react';
import { useAnswer } from '../../api/use-answer.js';
import { useChangeScope, useLookedAt } from '../../app/scope.js';
import { Icon } from '../../parts/icon.js';
import { Applications } from './applications.js';
import { Figures } from './figures.js';
import { WorthALook } from './findings.js';
import { usePicked } from './links.js';
import { LossByMirror } from './loss.js';
import css from './overview.module.css';
import { Failing, SlowServices, Talkers } from './tables.js';
import { Traffic } from './traffic.js';

const COMPARE = [{ value: 'no' }, { value: 'before' }] as const;

export function OverviewPage() {
  const looked = useLookedAt();
  const [compared, compare] = usePicked('compare', COMPARE);
  const before = compared === 'before';
  const { from, to, mirror } = looked?.query ?? {};
  const loss = useAnswer(
    'loss',
    { from, to, mirror },
    { enabled: looked !== undefined, every: looked?.every ?? false },
  );
  return (
    <>
      <Conditions />
      <Figures before={before} loss={loss.data} />
      <div className={css.first}>
        <Traffic before={before} compare={(on) => compare(on ? 'before' : 'no')} loss={loss.data} />
        <WorthALook />
      </div>
      <div className={css.second}>
        <Talkers />
        <SlowServices />
        <div className={css.stack}>
          <Failing />
          <LossByMirror loss={loss} />
        </div>
      </div>
      <Applications />
    </>
  );
}

/** The conditions that are looked at, of another page or of a link: each can be taken away. */
function Conditions() {
  const looked = useLookedAt();
  const change = useChangeScope();
  if (looked === undefined || looked.conditions.length === 0) return null;
  const { conditions } = looked;
  return (
    <div className="filters" role="group" aria-label="Conditions">
      {conditions.map((text) => {
        const [name = '', ...rest] = text.split(':');
        const value = rest.join(':');
        const left = conditions.filter((one) => one !== text);
        return (
          <span key={text} className={value.startsWith('!') ? 'chip neg' : 'chip'}>
            {name}
            {value.startsWith('!') ? ' is not ' : ' '}
            <b className="mono">{value.replace(/^!/, '') || 'none'}</b>
            <button
              type="button"
              aria-label={`Without ${name} ${value}`}
              onClick={() => change({ f: left.length === 0 ? undefined : left })}
            >
              <Icon of={X} />
            </button>
          </span>
        );
      })}
      {conditions.length > 1 && (
        <button type="button" className="btn sm ghost" onClick={() => change({ f: undefined })}>
          Without all
        </button>
      )}
    </div>
  );
}
