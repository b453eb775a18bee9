/** What stands out, the worst first: a number, a reason, a way on. */
import { Link } from '@tanstack/react-router';
import {
  Ban,
  CloudOff,
  FileClock,
  FileQuestion,
  Gauge,
  KeyRound,
  type LucideIcon,
  MoveRight,
  ScanLine,
  Scissors,
  ShieldAlert,
  SquareArrowRight,
  TriangleAlert,
} from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { useLookedAt } from '../../app/scope.js';
import { minute } from '../../format/times.js';
import { Card, Statement } from '../../parts/card.js';
import { Icon } from '../../parts/icon.js';
import { Empty } from '../../parts/states.js';
import { useSessionsWith } from './links.js';
import css from './overview.module.css';

type Finding = Answer<'findings'>['findings'][number];

/** As many as the chart beside them is high. */
const FIRST = 4;
/** Milliseconds for which the server keeps them. */
const EVERY = 60_000;

const ICONS: Readonly<Record<Finding['kind'], LucideIcon>> = {
  scan: ScanLine,
  refuses: Ban,
  silent: CloudOff,
  drops: TriangleAlert,
  loses: SquareArrowRight,
  one_sided: MoveRight,
  slow: Gauge,
  resets: Scissors,
  names: FileQuestion,
  logons: KeyRound,
  certificate: FileClock,
  policy: ShieldAlert,
};

export function WorthALook() {
  const looked = useLookedAt();
  const answer = useAnswer('findings', looked?.query, {
    enabled: looked !== undefined,
    every: looked?.every === false ? false : EVERY,
  });
  const [all, showAll] = useState(false);
  const findings = answer.data?.findings ?? [];
  const shown = all ? findings : findings.slice(0, FIRST);
  return (
    <Card
      title="Worth a look"
      className={css.look}
      of={answer}
      tools={findings.length > 0 && `${shown.length} of ${findings.length}`}
    >
      {findings.length === 0 && answer.data !== undefined && (
        <Empty>
          <b>Nothing stands out</b>
          <span>Looked for: {answer.data.looked.join('; ')}.</span>
        </Empty>
      )}
      <ul className={css.notes}>
        {shown.map((finding) => (
          <Note key={finding.kind} finding={finding} />
        ))}
      </ul>
      {findings.length > FIRST && (
        <button type="button" className={`l ${css.all}`} aria-expanded={all} onClick={() => showAll(!all)}>
          {all ? 'Fewer' : `${findings.length - FIRST} more`}
        </button>
      )}
    </Card>
  );
}

function Note({ finding }: { readonly finding: Finding }) {
  const { kind, title, detail, since, more, severity, way, meta } = finding;
  const carried = useCarried();
  const sessionsWith = useSessionsWith();
  // Other pages are about all of it; sessions are those that are looked at.
  const { f, ...search } = way.search;
  const looked = f === undefined ? carried : sessionsWith(f);
  return (
    <li className="note">
      <span className={severity} title={severity === 'bad' ? 'bad' : 'a warning'}>
        <Icon of={ICONS[kind]} />
      </span>
      <div className={css.said}>
        <b>{title}</b>
        <p>
          {detail}
          {since !== undefined && `, since ${minute(Math.floor(Date.parse(since) / 1000) * 1000)}`}
          {more > 0 && <span className="faint">; {more} more like this</span>}
        </p>
      </div>
      <span className={css.ways}>
        <Link to={way.to as string} search={{ ...looked, ...search } as never} className="l">
          {way.words}
        </Link>
        <Statement meta={meta} />
      </span>
    </li>
  );
}
