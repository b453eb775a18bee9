import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { PlatformSaid } from '../../../../src/console/contract/setup.js';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useAbout } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { count } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Code, CopyButton, Marked, Paragraph, plain } from '../../parts/code.js';
import { Segments } from '../../parts/menu.js';
import css from './add-mirror.module.css';
import { Arrival } from './arrival-card.js';
import {
  example,
  type Field,
  freeSession,
  type Inputs,
  inputsOf,
  missing,
  OWN_WORDS,
  questionFor,
  takes,
} from './inputs.js';

type Search = Record<string, unknown>;

export function AddMirrorPage() {
  const search = useSearch({ strict: false }) as Search;
  const { data } = useAnswer('platforms');
  const inputs = inputsOf(search);
  const platforms = data?.platforms ?? [];
  const platform = platforms.find(({ id }) => id === one(search.platform)) ?? platforms[0];
  const taken = useTaken();
  useFirstInputs(inputs, taken);
  if (platform === undefined) return null;
  return (
    <div className={css.columns}>
      <Card title="1 · What mirrors?">
        <nav className={css.platforms} aria-label="What mirrors">
          {platforms.map((p) => (
            <Link
              key={p.id}
              to={'/mirrors/add' as string}
              search={otherPlatform(search, p.id) as never}
              {...(p.id === platform.id && { 'aria-current': 'true' as const })}
            >
              <b>{p.title}</b>
              <small>{p.header}</small>
            </Link>
          ))}
        </nav>
      </Card>
      <Commands platform={platform} inputs={inputs} taken={taken} />
    </div>
  );
}

/** The same mirror on another platform: what is said in the words of one goes. */
function otherPlatform(search: Search, id: string): Search {
  const kept = Object.fromEntries(
    Object.entries(search).filter(([name]) => !(OWN_WORDS as readonly string[]).includes(name)),
  );
  return { ...kept, platform: id };
}

/** Session ids that mirrors have; undefined until that is known. */
function useTaken(): readonly number[] | undefined {
  const about = useAbout();
  const status = useAnswer('status');
  if (about === undefined || status.data === undefined) return undefined;
  const all = [...about.mirrors, ...(status.data.status?.mirrors ?? [])].flatMap((m) =>
    m.session === null || m.session === 0 ? [] : [m.session],
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Fills in what can be known when the page is opened; from then on an input is what it is. */
function useFirstInputs(inputs: Inputs, taken: readonly number[] | undefined): void {
  const addresses = useAnswer('addresses').data?.addresses;
  const change = useChange();
  const done = useRef(false);
  useEffect(() => {
    if (done.current || taken === undefined || addresses === undefined) return;
    done.current = true;
    const session = inputs.session ?? String(freeSession(taken));
    const [first] = addresses;
    change({
      session,
      name: inputs.name ?? `mirror-${session}`,
      collector: inputs.collector ?? first?.address,
    });
  });
}

/** Changes inputs; Back leaves the page, not the last letter. */
function useChange(): (inputs: Partial<Record<Field, string | undefined>>) => void {
  const navigate = useNavigate();
  return (inputs) => {
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, ...inputs })) as never,
      replace: true,
    });
  };
}

function Commands(props: {
  readonly platform: PlatformSaid;
  readonly inputs: Inputs;
  readonly taken: readonly number[] | undefined;
}) {
  const { platform, inputs, taken } = props;
  const answer = useAnswer('mirrorCommands', questionFor(platform, inputs));
  const lacking = missing(platform, inputs);
  const wrong = answer.data?.wrong ?? {};
  return (
    <>
      <Card title="2 · From where to where?">
        <Form platform={platform} inputs={inputs} taken={taken} lacking={lacking} wrong={wrong} />
      </Card>
      <Card
        title={`3 · Type this on ${deviceWords(platform)}`}
        of={answer}
        tools={
          answer.data?.made != null && (
            <CopyButton
              text={`${plain(answer.data.made.commands)}\n`}
              what="Commands"
              disabled={lacking.length > 0}
            />
          )
        }
      >
        {answer.data !== undefined && <Made made={answer.data.made} platform={platform} lacking={lacking} />}
      </Card>
      <Arrival
        platform={platform}
        inputs={inputs}
        made={lacking.includes('source') ? null : (answer.data?.made ?? null)}
      />
    </>
  );
}

function deviceWords({ id }: PlatformSaid): string {
  return /^(?:ovs|tc|mirror)$/.test(id) ? 'the host' : id === 'aci' ? 'the APIC' : 'the switch';
}

const LABELS: Readonly<Record<Field, string>> = {
  name: 'Name here',
  site: 'Site',
  collector: 'This collector',
  source: "The device's address",
  session: 'Session id',
  number: 'Number of the session on the device',
  ports: 'Ports',
  direction: 'Direction',
  type: 'Header',
  vrf: 'VRF',
  truncate: 'Cut frames to, bytes',
  ttl: 'TTL',
  bridge: 'Bridge',
  epg: 'EPG of the collector',
};

const MORE: readonly Field[] = ['site', 'number', 'vrf', 'truncate', 'ttl'];

function Form(props: {
  readonly platform: PlatformSaid;
  readonly inputs: Inputs;
  readonly taken: readonly number[] | undefined;
  readonly lacking: readonly Field[];
  readonly wrong: Readonly<Record<string, string>>;
}) {
  const { platform, inputs, taken, lacking, wrong } = props;
  const change = useChange();
  const addresses = useAnswer('addresses').data?.addresses ?? [];
  const version = (inputs.collector ?? '').includes(':') ? 6 : 4;
  const input = (field: Field, hint?: ReactNode): ReactNode =>
    takes(platform, field) ? (
      <TextField
        key={field}
        field={field}
        value={inputs[field] ?? ''}
        placeholder={example(platform, field, version)}
        wrong={wrong[field]}
        lacking={lacking.includes(field)}
        hint={hint}
      />
    ) : null;
  const others = addresses.filter(({ address }) => address !== inputs.collector);
  const more = MORE.filter((field) => takes(platform, field));
  return (
    <>
      {input('name')}
      {input(
        'collector',
        others.length > 0 && (
          <>
            Also:{' '}
            {others.map(({ address, interface: name }) => (
              <span key={address}>
                <button type="button" className="l mono" onClick={() => change({ collector: address })}>
                  {address}
                </button>{' '}
                ({name}){' '}
              </span>
            ))}
          </>
        ),
      )}
      {input('source', 'What it sends from; it has to reach this collector')}
      {input('session', taken === undefined ? undefined : takenWords(taken, inputs.session))}
      {input('bridge')}
      {input('ports', platform.several_ports ? 'Several: separated by commas' : undefined)}
      {input('epg')}
      <div className={css.field}>
        <span className={css.label}>{LABELS.direction}</span>
        <Segments
          label={LABELS.direction}
          value={(inputs.direction ?? platform.usual_direction) as 'rx' | 'tx' | 'both'}
          choices={[
            { value: 'rx', label: 'rx' },
            { value: 'tx', label: 'tx' },
            { value: 'both', label: 'both' },
          ]}
          onChange={(d) => change({ direction: d === platform.usual_direction ? undefined : d })}
        />
        {wrong.direction !== undefined && (
          <small className="bad" role="alert">
            {LABELS.direction} {wrong.direction}
          </small>
        )}
      </div>
      {platform.types.length > 1 && (
        <div className={css.field}>
          <span className={css.label}>{LABELS.type}</span>
          <Segments
            label={LABELS.type}
            value={inputs.type ?? platform.types[0]!}
            choices={platform.types.map((type) => ({ value: type, label: `Type ${type}` }))}
            onChange={(type) => change({ type: type === platform.types[0] ? undefined : type })}
          />
          {wrong.type !== undefined && (
            <small className="bad" role="alert">
              {wrong.type}
            </small>
          )}
        </div>
      )}
      <p className="faint">
        <b>rx</b> of all ports shows each frame once; <b>both</b> shows what crosses two mirrored ports twice.
        {platform.types.length > 0 && ' Types II and III show loss.'}
      </p>
      {more.length > 0 && (
        <details open={more.some((field) => inputs[field] !== undefined)}>
          <summary className="l">More: {more.map((field) => LABELS[field].toLowerCase()).join(', ')}</summary>
          {more.map((field) => input(field))}
        </details>
      )}
    </>
  );
}

function takenWords(taken: readonly number[], session: string | undefined): string {
  if (taken.length === 0) return 'No mirror has one yet';
  const shown = taken.slice(0, 8).join(', ');
  const all = `${shown}${taken.length > 8 ? ' …' : ''} ${taken.length === 1 ? 'is' : 'are'} taken`;
  return String(freeSession(taken)) === session ? `Next free one; ${all}` : all;
}

function TextField(props: {
  readonly field: Field;
  readonly value: string;
  readonly placeholder: string;
  readonly wrong: string | undefined;
  readonly lacking: boolean;
  readonly hint: ReactNode;
}) {
  const { field, value, placeholder, wrong, lacking, hint } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, write] = useState(value);
  const change = useChange();
  // What is typed runs ahead of the address; what comes from elsewhere is taken.
  useEffect(() => {
    if (document.activeElement !== input.current) write(value);
  }, [value]);
  const said = wrong !== undefined && !lacking ? wrong : undefined;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{LABELS[field]}</label>
      <input
        id={id}
        ref={input}
        className="mono"
        value={text}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={said !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          write(event.target.value);
          change({ [field]: event.target.value.trim() });
        }}
      />
      <small id={`${id}-hint`}>
        {said !== undefined ? (
          <span className="bad" role="alert">
            {said}
          </span>
        ) : (
          <span className="faint">
            {lacking && <b>Needed. </b>}
            {hint}
          </span>
        )}
      </small>
    </div>
  );
}

type MadeCommands = NonNullable<Answer<'mirrorCommands'>['made']>;

function Made(props: {
  readonly made: MadeCommands | null;
  readonly platform: PlatformSaid;
  readonly lacking: readonly Field[];
}) {
  const { made, platform, lacking } = props;
  if (made === null) return <p className="muted">Something at the left cannot be: it is said beside it.</p>;
  const incomplete = lacking.length > 0;
  const [first, ...notes] = made.notes;
  return (
    <div className={css.commands}>
      {incomplete && (
        <p className="warn">
          With examples for {lacking.map((field) => LABELS[field].toLowerCase()).join(', ')}: give what is
          needed, then copy.
        </p>
      )}
      <Code label="Commands for the device">
        <Marked text={made.commands} />
      </Code>
      <p className="muted">
        {made.ran_by.by === 'us'
          ? `Run by this project's tests as printed, on ${made.ran_by.version}.`
          : `From ${made.ran_by.documentation}; not run by us.`}{' '}
        Frames grow by {count(made.overhead)} bytes: let the way here carry an MTU of{' '}
        {count(1500 + made.overhead)}.
      </p>
      {first !== undefined && <Paragraph text={first} />}
      {notes.length > 0 && (
        <details>
          <summary className="l">More about {platform.title}</summary>
          {notes.map((note) => (
            <Paragraph key={note} text={note} />
          ))}
        </details>
      )}
      <div>
        <div className={css.part}>
          <h3>Is it up? On the device</h3>
          <span className="grow" />
          <CopyButton text={`${plain(made.show)}\n`} what="Show commands" disabled={incomplete} />
        </div>
        <Code label="Commands that show it">
          <Marked text={made.show} />
        </Code>
      </div>
      <div>
        <div className={css.part}>
          <h3>And give it its name here</h3>
          <span className="grow" />
          <CopyButton
            text={`${plain(made.yaml)}\n`}
            what="Its entry for the configuration"
            disabled={incomplete}
          />
        </div>
        <Code label="Its entry in the configuration">
          <span className="faint">{'# /etc/mirrorlake.yaml; systemctl reload mirrorlake\n'}</span>
          <Marked text={made.yaml} />
        </Code>
      </div>
      <div>
        <div className={css.part}>
          <h3>To take it away again</h3>
          <span className="grow" />
          <CopyButton
            text={`${plain(made.undo)}\n`}
            what="Commands that take it away"
            disabled={incomplete}
          />
        </div>
        <Code label="Commands that take it away">
          <Marked text={made.undo} />
        </Code>
      </div>
    </div>
  );
}
