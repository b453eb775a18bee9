/** Five figures, each with its course over time. */
import type { ReactNode } from 'react';
import { CARDS } from '../../../../src/console/contract/opened.js';
import type { Answer, Meta } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { bits, bytes, count, micros, percent, plural } from '../../format/numbers.js';
import { Statement } from '../../parts/card.js';
import { Spark } from '../../parts/chart.js';
import { mirrorLabel } from '../../parts/marks.js';
import { Bones, Going, Wrong } from '../../parts/states.js';
import css from './overview.module.css';

type Loss = Answer<'loss'>;

export function Figures({ before, loss }: { readonly before: boolean; readonly loss: Loss | undefined }) {
  const looked = useLookedAt();
  const about = useAbout();
  const options = { enabled: looked !== undefined, every: looked?.every ?? false };
  const figures = useAnswer('figures', looked?.query, options);
  const former = useAnswer(
    'figures',
    { ...looked?.query, before: '1' },
    { ...options, enabled: options.enabled && before },
  ).data;
  const formerLoss = useAnswer(
    'loss',
    { ...CARDS.loss(looked?.query), before: '1' },
    { ...options, enabled: options.enabled && before },
  ).data;
  const { data } = figures;
  if (figures.error !== null)
    return (
      <section className="card stat" aria-label="Figures">
        <Wrong error={figures.error} again={() => void figures.refetch()} />
      </section>
    );
  const was = before ? former : undefined;
  const stale = figures.isPlaceholderData;
  const lost = loss?.mirrors.reduce((sum, m) => sum + m.lost, 0);
  const dropped = loss?.dropped.reduce((sum, n) => sum + n, 0);
  const losing = loss?.mirrors.filter((m) => m.lost > 0) ?? [];
  const lossOf = ({ id, lost: n, packets }: Loss['mirrors'][number]): string =>
    `${percent(n / (n + packets))} of ${mirrorLabel(about?.mirrors ?? [], id)}`;
  const { inside, internet } = data?.handshake ?? {};
  return (
    <div className={css.figures}>
      {(data === undefined || stale) && <Going of={figures} />}
      <Figure
        label="Traffic"
        stale={stale}
        value={data && <Split text={bytes(data.traffic.bytes)} />}
        more={data && `${bits((data.traffic.bytes * 8) / data.seconds)} on average`}
        change={was && <Change now={data!.traffic.bytes} before={was.traffic.bytes} />}
        values={data?.traffic.values}
        color="var(--s1)"
        meta={data?.traffic.meta}
      />
      <Figure
        label="Conversations"
        stale={stale}
        value={data && count(data.conversations.sessions)}
        more={
          data && <span title="Addresses that sent packets">{plural(data.conversations.hosts, 'host')}</span>
        }
        change={was && <Change now={data!.conversations.sessions} before={was.conversations.sessions} />}
        values={data?.conversations.values}
        color="var(--s3)"
        meta={data?.conversations.meta}
      />
      <Figure
        label="TCP that failed"
        stale={stale}
        value={
          data && (
            <>
              {count(data.failed.failed)} <small>of {count(data.failed.tcp)}</small>
            </>
          )
        }
        more={
          data &&
          (data.failed.most === null
            ? 'none'
            : `${count(data.failed.most.failed)} of them by ${data.failed.most.client}`)
        }
        change={was && <Change now={data!.failed.failed} before={was.failed.failed} />}
        values={data?.failed.values}
        color="var(--bad)"
        meta={data?.failed.meta}
      />
      <Figure
        label="Median handshake"
        stale={stale}
        value={
          data &&
          (inside?.us == null ? (
            <small>none inside</small>
          ) : (
            <Split text={micros(inside.us)} more=" inside" />
          ))
        }
        more={
          data && (internet?.us == null ? 'none to the Internet' : `${micros(internet.us)} to the Internet`)
        }
        change={
          was?.handshake.inside.us != null &&
          inside?.us != null && <Change now={inside.us} before={was.handshake.inside.us} />
        }
        meta={data?.handshake.meta}
      />
      <Figure
        label="Lost by mirrors"
        stale={stale}
        value={
          lost !== undefined && (
            <>
              {count(lost)} <small>{lost === 1 ? 'packet' : 'packets'}</small>
            </>
          )
        }
        more={
          loss && (
            <>
              {losing.length === 0
                ? 'by none'
                : losing.length === 1
                  ? lossOf(losing[0]!)
                  : `by ${losing.length} of ${plural(loss.mirrors.length, 'mirror')}`}
              {' · '}
              <span className={dropped! > 0 ? 'bad' : ''}>{count(dropped!)} dropped here</span>
            </>
          )
        }
        change={
          before &&
          formerLoss && (
            <Change now={lost ?? 0} before={formerLoss.mirrors.reduce((sum, m) => sum + m.lost, 0)} />
          )
        }
        values={loss && summed(loss)}
        color="var(--warn)"
        meta={loss?.meta}
      />
    </div>
  );
}

/** What all mirrors lost, over time. */
function summed({ mirrors, dropped }: Loss): number[] {
  return dropped.map((_, i) => mirrors.reduce((sum, m) => sum + (m.values[i] ?? 0), 0));
}

/** The number large, its unit small. */
function Split({ text, more = '' }: { readonly text: string; readonly more?: string }) {
  const [value, ...unit] = text.split(' ');
  return (
    <>
      {value} <small>{`${unit.join(' ')}${more}`}</small>
    </>
  );
}

/** By how much it is more or less than before. */
function Change({ now, before }: { readonly now: number; readonly before: number }) {
  const words =
    now === before
      ? 'as before'
      : before === 0
        ? 'none before'
        : `${now > before ? '+' : '−'}${count(Math.round((Math.abs(now - before) / before) * 100))} %`;
  return (
    <span className={css.change} title="against the period of the same length before">
      {words}
    </span>
  );
}

function Figure(props: {
  readonly label: string;
  readonly value: ReactNode;
  readonly more: ReactNode;
  readonly change?: ReactNode;
  readonly values?: readonly number[] | undefined;
  readonly color?: string;
  readonly meta: Meta | undefined;
  readonly stale: boolean;
}) {
  const { label, value, more, change, values, color = 'var(--s1)', meta, stale } = props;
  return (
    <div className={`card stat ${css.figure} ${stale ? css.stale : ''}`} role="group" aria-label={label}>
      <h2 className="l">{label}</h2>
      {value === undefined || value === false ? (
        <Bones lines={2} />
      ) : (
        <>
          <div className="v">{value}</div>
          <div className="d">
            <span>{more}</span>
            {change}
          </div>
        </>
      )}
      {values !== undefined && <Spark values={values} color={color} />}
      {meta !== undefined && (
        <span className={css.sql}>
          <Statement meta={meta} />
        </span>
      )}
    </div>
  );
}
