/** What is going on, and what is wrong. */

import { CARDS } from '../../../../src/console/contract/opened.js';
import { useAnswer } from '../../api/use-answer.js';
import { useLookedAt } from '../../app/scope.js';
import { Conditions } from '../../parts/conditions.js';
import { Applications } from './applications.js';
import { Figures } from './figures.js';
import { WorthALook } from './findings.js';
import { usePicked } from './links.js';
import { LossByMirror } from './loss.js';
import css from './overview.module.css';
import { Failing, Policies, SlowServices, Talkers } from './tables.js';
import { Traffic } from './traffic.js';

const COMPARE = [{ value: 'no' }, { value: 'before' }] as const;

export function OverviewPage() {
  const looked = useLookedAt();
  const [compared, compare] = usePicked('compare', COMPARE);
  const before = compared === 'before';
  const loss = useAnswer('loss', CARDS.loss(looked?.query), {
    enabled: looked !== undefined,
    every: looked?.every ?? false,
  });
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
        <div className={css.stack}>
          <SlowServices />
          <Policies />
        </div>
        <div className={css.stack}>
          <Failing />
          <LossByMirror loss={loss} />
        </div>
      </div>
      <Applications />
    </>
  );
}
