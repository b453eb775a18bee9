/** What was sent over time, and what can be done with a part of it. */
import { useNavigate } from '@tanstack/react-router';
import { Download, History, List, ZoomIn } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { BY, CARDS, UNITS } from '../../../../src/console/contract/opened.js';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useKey } from '../../app/keys.js';
import { absolute } from '../../app/range.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { PREFIX } from '../../app/served.js';
import { useMe } from '../../app/signed-in.js';
import { bits, count, percent, rate, seconds } from '../../format/numbers.js';
import { minute } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { Chart, type ChartMark, type Selection } from '../../parts/chart.js';
import { Icon } from '../../parts/icon.js';
import { Choose, Segments } from '../../parts/menu.js';
import { usePicked, useSessionsWith } from './links.js';
import { Nothing } from './nothing.js';
import css from './overview.module.css';

export function Traffic(props: {
  readonly before: boolean;
  readonly compare: (on: boolean) => void;
  readonly loss: Answer<'loss'> | undefined;
}) {
  const { before, compare, loss } = props;
  const looked = useLookedAt();
  const [unit, setUnit] = usePicked('unit', UNITS);
  const [by, setBy] = usePicked('by', BY);
  const roles = useAbout()?.known.roles === true || by === 'role';
  const options = { enabled: looked !== undefined, every: looked?.every ?? false };
  const answer = useAnswer('series', CARDS.traffic(looked?.query, unit, by), options);
  const former = useAnswer(
    'series',
    { ...CARDS.traffic(looked?.query, unit, 'none'), before: '1' },
    { ...options, enabled: options.enabled && before },
  ).data;
  const { data } = answer;
  const scale = unit === 'bytes' ? 8 : 1;
  const per = unit === 'sessions' ? 1 : (data?.interval ?? 1);
  const series = useMemo(
    () =>
      (data?.series ?? []).map(({ name, values }) => ({
        name,
        label: name === '' ? 'none' : name,
        values: values.map((v) => (v * scale) / per),
      })),
    [data, scale, per],
  );
  const ghost = useMemo(
    () =>
      before && former !== undefined
        ? {
            label: 'the period before',
            values: (former.series[0]?.values ?? []).map((v) => (v * scale) / per),
          }
        : undefined,
    [before, former, scale, per],
  );
  const marks = useMemo(() => (loss === undefined ? [] : marksOf(loss)), [loss]);
  return (
    <Card
      title="Traffic"
      className={css.traffic}
      sub={`by ${BY.find((b) => b.value === by)!.label.toLowerCase()}`}
      of={answer}
      bones={9}
      meta={data?.meta}
      tools={
        <>
          <button
            type="button"
            className={before ? 'btn sm on' : 'btn sm'}
            aria-pressed={before}
            title="Compare with the period before"
            aria-label="Compare with the period before"
            onClick={() => compare(!before)}
          >
            <Icon of={History} />
            <span className={css.wide}>Compare</span>
          </button>
          <Segments label="Unit" value={unit} choices={UNITS} onChange={setUnit} />
          <Choose
            label="Series"
            value={by}
            choices={roles ? BY : BY.filter(({ value }) => value !== 'role')}
            onChange={setBy}
            small
          />
        </>
      }
    >
      {data !== undefined && series.length === 0 && <Nothing />}
      {data !== undefined && series.length > 0 && (
        <Chart
          title="Traffic"
          from={data.from}
          interval={data.interval}
          series={series}
          ghost={ghost}
          marks={marks}
          format={unit === 'bytes' ? bits : unit === 'packets' ? rate : count}
          height={316}
          offer={(selection) => <Offered selection={selection} />}
        />
      )}
    </Card>
  );
}

/** Times for which the chart shows less than there was, and when the collector stood still. */
function marksOf({ from, interval, mirrors, dropped, restarts }: Answer<'loss'>): ChartMark[] {
  const marks: ChartMark[] = [];
  dropped.forEach((here, i) => {
    const lost = mirrors.reduce((sum, m) => sum + (m.values[i] ?? 0), 0);
    const received = mirrors.reduce((sum, m) => sum + (m.received[i] ?? 0), 0);
    if (lost + here === 0) return;
    const at = from + i * interval;
    const share = (lost + here) / (lost + here + received);
    const parts = [
      ...(lost > 0 ? [`mirrors lost ${count(lost)} packets`] : []),
      ...(here > 0 ? [`this host dropped ${count(here)}`] : []),
    ];
    marks.push({
      at,
      words: `${minute(at * 1000)}: what you see here is ${percent(share)} short: ${parts.join(', ')}`,
    });
  });
  for (const { at, collector } of restarts)
    marks.push({ at, kind: 'event', words: `${minute(at * 1000)}: the collector ${collector} ended` });
  return marks;
}

function Offered({ selection }: { readonly selection: Selection }) {
  const navigate = useNavigate();
  const change = useChangeScope();
  const sessionsWith = useSessionsWith();
  const about = useAbout();
  const me = useMe();
  const looked = useLookedAt();
  const { text, from, to } = absolute(selection.begin, selection.end);
  const query = { ...looked?.query, from, to };
  const { data, isPlaceholderData } = useAnswer('series', { ...query, unit: 'sessions', by: 'none' });
  // P leads to the packets of the first of them, as from their list, and waits until it is known.
  const first = useAnswer('sessions', { ...query, limit: '1' });
  const id = first.isPlaceholderData ? undefined : first.data?.rows[0]?.session_id;
  const packetsPage = '/sessions/$id/packets' as string;
  const [wanted, want] = useState<string>();
  useKey('packets', () => want(text), id !== undefined || first.isFetching);
  const search = { ...sessionsWith([]), t: text };
  const show = useEffectEvent(() => {
    void navigate({ to: packetsPage, params: { id } as never, search: search as never });
  });
  useEffect(() => {
    if (wanted === text && id !== undefined) show();
  }, [wanted, text, id]);
  const n = isPlaceholderData ? undefined : data?.series.reduce((sum, one) => sum + one.total, 0);
  const packets = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((v) => [name, v]) : [[name, String(value)]],
    ),
  );
  return (
    <>
      <span className="faint">{seconds((selection.end - selection.begin) / 1000)}</span>
      <button
        type="button"
        className="btn sm pri"
        onClick={() => void navigate({ to: '/sessions' as string, search: search as never })}
      >
        <Icon of={List} />
        {n === undefined ? 'Sessions' : `${count(n)} ${n === 1 ? 'session' : 'sessions'}`}
        <kbd>Enter</kbd>
      </button>
      <button type="button" className="btn sm" onClick={() => change({ t: text })}>
        <Icon of={ZoomIn} />
        Zoom
      </button>
      {about?.packets === true && me?.rights.includes('packets') === true && (
        <a className="btn sm" href={`${PREFIX}/api/v1/packets.pcapng?${packets}`} download>
          <Icon of={Download} />
          Packets
        </a>
      )}
    </>
  );
}
