import { useState } from 'react';
import type { PlatformSaid } from '../../../../src/console/contract/setup.js';
import type { Answer } from '../../../../src/console/contract.js';
import type { SeenFrame } from '../../../../src/model/live.js';
import type { MirrorStatus } from '../../../../src/model/status.js';
import { useAnswer } from '../../api/use-answer.js';
import { useRates } from '../../api/use-rates.js';
import { clock } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { plain } from '../../parts/code.js';
import { Finding } from '../../parts/findings.js';
import { Note, Notes } from '../../parts/note.js';
import css from './add-mirror.module.css';
import { type Expected, pointsFrom, ticks } from './arrival.js';
import type { Inputs } from './inputs.js';

type MadeCommands = NonNullable<Answer<'mirrorCommands'>['made']>;

const TYPES: Readonly<Record<string, readonly string[]>> = {
  I: ['erspan1'],
  II: ['erspan2'],
  III: ['erspan3'],
};

/** What the commands make come. */
function expected(platform: PlatformSaid, inputs: Inputs, made: MadeCommands): Expected {
  const filled = (field: string): string | undefined =>
    [...made.yaml, ...made.commands].find((part) => part.from === field)?.text;
  const types = platform.types.length === 0 ? [] : TYPES[inputs.type ?? platform.types[0]!]!;
  return {
    source: filled('source') ?? '',
    session: made.carries_session ? Number(inputs.session) : undefined,
    // A switch that chooses the session id chooses the header, too.
    types: made.carries_session || platform.id === 'tc' ? types : [],
  };
}

export function Arrival(props: {
  readonly platform: PlatformSaid;
  readonly inputs: Inputs;
  /** Null until it is known what is to come. */
  readonly made: MadeCommands | null;
}) {
  const { platform, inputs, made } = props;
  const [why, ask] = useState(false);
  const live = useAnswer('status', undefined, { every: 1000 });
  const doctor = useAnswer('doctor');
  const status = live.data?.status ?? null;
  const awaited =
    made === null
      ? { source: 'the device', session: undefined, types: [] }
      : expected(platform, inputs, made);
  const single = made !== null && !awaited.source.includes('/');
  const frames = useAnswer('mirrorFrames', undefined, {
    params: { id: `,${awaited.source},,` },
    enabled: single && status !== null,
    every: 1000,
  });
  const points = pointsFrom(awaited, status);
  const key = (m: MirrorStatus): string => `${m.type},${m.session},${m.key}`;
  const rates = useRates(live.dataUpdatedAt, Object.fromEntries(points.map((m) => [key(m), m.packets])));
  const seen = single ? frames.data : undefined;
  const steps = ticks(awaited, {
    status,
    findings: doctor.data?.findings,
    frames: seen,
    rateOf: (m) => rates(key(m)),
    at: live.dataUpdatedAt,
  });
  const done = steps.every(({ kind }) => kind === 'ok');
  const arrives = steps[1]?.kind === 'ok';
  const host = single ? ` and host ${awaited.source}` : '';
  const troubled = doctor.data?.findings.filter((f) => f.state !== 'good') ?? [];
  return (
    <div className={css.arrival}>
      <Card
        title="4 · Does it arrive?"
        tools={
          <span className={done ? 'tag ok' : status === null ? 'tag bad' : 'tag acc'} role="status">
            {done ? 'it arrives' : status === null ? 'nobody listens' : 'listening'}
          </span>
        }
      >
        <Notes label="Does it arrive?">
          {steps.map(({ kind, title, words }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the steps keep their places
            <Note key={i} kind={kind} title={title}>
              <p>{words}</p>
            </Note>
          ))}
        </Notes>
        {single && (
          <>
            <pre className={`code ${css.frames}`} role="group" aria-label="Its last frames" tabIndex={0}>
              {seen === undefined || seen.frames.length === 0 ? (
                <span className="faint">none yet</span>
              ) : (
                [...seen.frames].reverse().map(line).join('\n')
              )}
            </pre>
            <p className="faint">Its last frames, addresses and ports only.</p>
          </>
        )}
        {!arrives && (
          <button type="button" className={`btn ${css.why}`} aria-expanded={why} onClick={() => ask(!why)}>
            Nothing comes: find out why
          </button>
        )}
        {why && !arrives && (
          <Notes label="Why nothing comes">
            {made !== null && (
              <Note kind="do" title="On the device: is it up?" commands={plain(made.show).split('\n')} />
            )}
            <Note
              kind="do"
              title="Here: does it reach this host?"
              commands={[`tcpdump -ni any -c 5 '(ip proto 47 or ip6 proto 47)${host}'`]}
            >
              <p>
                If tcpdump sees packets and this page does not, what the doctor says below is why. If it sees
                none, look at routes and ACLs for protocol 47 on the way.
              </p>
            </Note>
            {made !== null && (
              <Note kind="do" title={`There: does the way carry ${1500 + made.overhead} bytes?`}>
                <p>
                  A ping to {inputs.collector ?? 'this collector'} from the device's address, of that size and
                  with "do not fragment". Small frames arrive and full ones vanish where it does not.
                </p>
              </Note>
            )}
            {troubled.map((finding) => (
              <Finding key={finding.subject + finding.text} finding={finding} />
            ))}
            {doctor.data !== undefined && troubled.length === 0 && (
              <Note kind="ok" title="mirrorlake doctor finds nothing wrong with this host" />
            )}
          </Notes>
        )}
      </Card>
    </div>
  );
}

/** `47.113 10.1.1.20:40000 → 10.9.0.4:443 tcp`. */
function line({ time, inner, malformed, length, vlan_ids }: SeenFrame): string {
  const at = clock(Date.parse(time)).slice(6);
  if (malformed !== '') return `${at} malformed: ${malformed}`;
  if (inner === null) return `${at} ${length} bytes, no IP`;
  const end = (address: string, port: number): string =>
    port === 0 ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const vlan = vlan_ids.length === 0 ? '' : ` vlan ${vlan_ids.join('.')}`;
  const from = end(inner.source, inner.source_port);
  const to = end(inner.destination, inner.destination_port);
  return `${at} ${from} → ${to} ${inner.transport}${vlan}`;
}
