import { useNavigate } from '@tanstack/react-router';
import { List, ZoomIn } from 'lucide-react';
import { useState } from 'react';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { absolute } from '../../app/range.js';
import { useChangeScope, useLookedAt } from '../../app/scope.js';
import { bits, count, rate, seconds } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Chart, type Selection } from '../../parts/chart.js';
import { Icon } from '../../parts/icon.js';
import { Choose, Segments } from '../../parts/menu.js';

const UNITS = [
  { value: 'bytes', label: 'bits/s' },
  { value: 'packets', label: 'packets/s' },
  { value: 'sessions', label: 'sessions' },
] as const;
const BY = [
  { value: 'app', label: 'Application' },
  { value: 'mirror', label: 'Mirror' },
  { value: 'outcome', label: 'Outcome' },
  { value: 'transport', label: 'Transport' },
] as const;

export function OverviewPage() {
  return <Traffic />;
}

function Traffic() {
  const looked = useLookedAt();
  const [unit, setUnit] = useState<(typeof UNITS)[number]['value']>('bytes');
  const [by, setBy] = useState<(typeof BY)[number]['value']>('app');
  const answer = useAnswer(
    'series',
    { ...looked?.query, unit, by, points: '120' },
    { enabled: looked !== undefined, every: looked?.every ?? false },
  );
  const { data } = answer;
  const scale = unit === 'bytes' ? 8 : 1;
  const per = unit === 'sessions' ? 1 : (data?.interval ?? 1);
  const series = (data?.series ?? []).map(({ name, values }) => ({
    name,
    label: name === '' ? 'none' : name,
    values: values.map((v) => (v * scale) / per),
  }));
  return (
    <Card
      title="Traffic"
      sub={`by ${BY.find((b) => b.value === by)!.label.toLowerCase()}`}
      of={answer}
      meta={data?.meta}
      tools={
        <>
          <Segments label="Unit" value={unit} choices={UNITS} onChange={setUnit} />
          <Choose label="Series" value={by} choices={BY} onChange={setBy} small />
        </>
      }
    >
      {data !== undefined && (
        <Chart
          title="Traffic"
          from={data.from}
          interval={data.interval}
          series={series}
          format={unit === 'bytes' ? bits : unit === 'packets' ? rate : count}
          height={260}
          offer={(selection) => <TrafficOffer selection={selection} />}
        />
      )}
    </Card>
  );
}

function TrafficOffer({ selection }: { readonly selection: Selection }) {
  const navigate = useNavigate();
  const carried = useCarried();
  const change = useChangeScope();
  const { text, from, to } = absolute(selection.begin, selection.end);
  const looked = useLookedAt();
  const { data } = useAnswer('series', { ...looked?.query, from, to, unit: 'sessions', by: 'none' });
  const n = data?.series.reduce((sum, one) => sum + one.total, 0);
  return (
    <>
      <span className="faint">{seconds((selection.end - selection.begin) / 1000)}</span>
      <button
        type="button"
        className="btn sm pri"
        onClick={() => void navigate({ to: '/sessions' as string, search: { ...carried, t: text } as never })}
      >
        <Icon of={List} />
        {n === undefined ? 'Sessions' : `${count(n)} sessions`}
        <kbd>Enter</kbd>
      </button>
      <button type="button" className="btn sm" onClick={() => change({ t: text })}>
        <Icon of={ZoomIn} />
        Zoom
      </button>
    </>
  );
}
