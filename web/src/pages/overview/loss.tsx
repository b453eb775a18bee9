/** What each mirror lost, over time: a number in every cell that is not well. */

import { Link } from '@tanstack/react-router';
import type { Answer } from '../../../../src/console/contract.js';
import type { Answered } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { useAbout } from '../../app/scope.js';
import { count, percent, seconds } from '../../format/numbers.js';
import { minute } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { mirrorColor, mirrorLabel } from '../../parts/marks.js';
import { Empty } from '../../parts/states.js';
import css from './overview.module.css';

type Loss = Answer<'loss'>;
type MirrorLoss = Loss['mirrors'][number];

/** Cells that fit: of two digits, and of three. */
const CELLS = 10;
const WIDE_CELLS = 6;
/** Mirrors that fit: those that lose most come first. */
const MOST = 8;
/** The share of lost packets from which on a cell is more than a warning. */
const BAD = 0.02;

export function LossByMirror({ loss }: { readonly loss: Answered<'loss'> }) {
  const { data } = loss;
  const together = data === undefined ? 1 : togetherIn(data);
  const step = (data?.interval ?? 60) * together;
  const worst = [...(data?.mirrors ?? [])].sort((a, b) => b.lost - a.lost).slice(0, MOST);
  const shown = (data?.mirrors ?? []).filter((mirror) => worst.includes(mirror));
  return (
    <Card
      title="Loss by mirror"
      sub={step === 60 ? 'packets lost, a minute a cell' : `packets lost, ${seconds(step)} a cell`}
      of={loss}
      bones={3}
      meta={data?.meta}
    >
      {data !== undefined && shown.length === 0 && <Empty>No mirror sent anything.</Empty>}
      {data !== undefined && shown.length > 0 && (
        <table className={css.loss} aria-label="Packets lost by mirrors">
          <colgroup>
            <col className={css.who} />
            <col span={cells(data, together).length} />
            <col className={css.share} />
          </colgroup>
          <thead className="sr">
            <tr>
              <th>Mirror</th>
              {cells(data, together).map(({ at }) => (
                <th key={at}>{minute(at * 1000)}</th>
              ))}
              <th>Lost</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((mirror) => (
              <MirrorRow key={mirror.id} data={data} mirror={mirror} together={together} />
            ))}
          </tbody>
        </table>
      )}
      {data !== undefined && data.mirrors.length > MOST && (
        <p className="faint">
          The {MOST} that lose most of {count(data.mirrors.length)}.
        </p>
      )}
    </Card>
  );
}

/** How many buckets make a cell. */
function togetherIn({ mirrors, dropped }: Loss): number {
  const many = Math.ceil(dropped.length / CELLS);
  const wide = mirrors.some(({ values }) => values.some((_, i) => summed(values, i, many) > 99));
  return wide ? Math.ceil(dropped.length / WIDE_CELLS) : many;
}

function summed(values: readonly number[], first: number, together: number): number {
  return values.slice(first, first + together).reduce((a, b) => a + b, 0);
}

function cells({ from, interval, dropped }: Loss, together: number) {
  return Array.from({ length: Math.ceil(dropped.length / together) }, (_, i) => ({
    at: from + i * together * interval,
    first: i * together,
  }));
}

function MirrorRow(props: { readonly data: Loss; readonly mirror: MirrorLoss; readonly together: number }) {
  const { data, mirror, together } = props;
  const mirrors = useAbout()?.mirrors ?? [];
  const carried = useCarried();
  const share = mirror.lost / Math.max(1, mirror.lost + mirror.packets);
  return (
    <tr>
      <th scope="row" title={mirrorLabel(mirrors, mirror.id)}>
        <Link to={'/mirrors/$id' as string} params={{ id: mirror.id } as never} search={carried as never}>
          <i className="dot" style={{ background: mirrorColor(mirrors, mirror.id) }} />
          {mirrorLabel(mirrors, mirror.id)}
        </Link>
      </th>
      {cells(data, together).map(({ at, first }) => {
        const lost = summed(mirror.values, first, together);
        const received = summed(mirror.received, first, together);
        const bad = lost / Math.max(1, lost + received);
        const kind = lost === 0 ? (received === 0 ? css.none : css.well) : bad < BAD ? css.some : css.much;
        const words = `${minute(at * 1000)}: ${
          received + lost === 0
            ? 'nothing came'
            : `${count(lost)} lost of ${count(lost + received)}${lost > 0 ? `, ${percent(bad)}` : ''}`
        }`;
        return (
          <td key={at} title={words}>
            <span className={`${css.cell} ${kind}`}>
              {lost > 0 ? short(lost) : <span className="sr">{received === 0 ? 'nothing came' : '0'}</span>}
            </span>
          </td>
        );
      })}
      <td className={share === 0 ? 'n faint' : share < BAD ? 'n warn' : 'n bad'}>
        {!mirror.known ? 'unknown' : mirror.lost === 0 ? 'none' : <b>{percent(share)}</b>}
      </td>
    </tr>
  );
}

/** At most three characters: `999`, `12k`. */
function short(n: number): string {
  if (n < 1000) return String(n);
  return n < 999_500 ? `${Math.round(n / 1000)}k` : `${Math.round(n / 1_000_000)}M`;
}
