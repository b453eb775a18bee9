/** What can be taken away of a list. */
import { Menu } from '@base-ui/react/menu';
import { ChevronDown, Download } from 'lucide-react';
import { useState } from 'react';
import type { Row } from '../../../../src/console/contract/sessions.js';
import type { Answer, Meta } from '../../../../src/console/contract.js';
import { ApiError, call, urlOf } from '../../api/client.js';
import { useKey } from '../../app/keys.js';
import type { LookedAt } from '../../app/looked-at.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { count } from '../../format/numbers.js';
import { commandFor } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { namesFor } from '../../parts/names.js';
import { save } from '../../parts/save.js';
import { toast } from '../../parts/toasts.js';
import { csv } from '../sql/csv.js';
import { textOf } from './cells.js';
import { COLUMNS, type ListColumn, type ListOf } from './columns.js';
import { FURTHER } from './use-list.js';

type Known = Answer<'about'>['known'];

/** Rows of a file. */
const MOST_ROWS = 10_000;

/** All rows of a list, as far as a file takes them. */
async function allRows(
  of: ListOf,
  query: LookedAt['query'],
  order: string,
  columns: string,
): Promise<{ readonly rows: Row[]; readonly cut: boolean }> {
  const rows: Row[] = [];
  let after: string | undefined;
  do {
    const limit = String(FURTHER);
    const page = await call(of, {
      query: { ...query, order, columns, limit, ...(after !== undefined && { after }) },
    });
    rows.push(...page.rows);
    after = page.next ?? undefined;
  } while (after !== undefined && rows.length < MOST_ROWS);
  return { rows, cut: after !== undefined };
}

const SIDES = ['client', 'server'] as const;

/** What is known of both ends, where anything is, besides what the list has. */
function endColumns(of: ListOf, known: Known, columns: readonly ListColumn[]): ListColumn[] {
  const what: Readonly<Record<keyof Known, readonly string[]>> = {
    networks: ['network'],
    roles: ['role'],
    sites: ['site'],
    owners: ['asn', 'as_org', 'country'],
  };
  return (Object.keys(what) as (keyof Known)[])
    .filter((kind) => known[kind])
    .flatMap((kind) => what[kind].flatMap((name) => SIDES.map((side) => `${side}_${name}`)))
    .filter((id) => !columns.some((column) => column.id === id))
    .flatMap((id) => COLUMNS[of].get(id) ?? []);
}

/** Rows with the names of their addresses. */
async function withNames(
  asked: ReturnType<typeof allRows>,
  query: LookedAt['query'],
): Promise<Awaited<typeof asked> & { readonly names: Awaited<ReturnType<typeof namesFor>> }> {
  const { rows, cut } = await asked;
  const addresses = rows.flatMap((row) => SIDES.map((side) => textOf(row[side])).filter(Boolean));
  return { rows, cut, names: await namesFor(addresses, query) };
}

export function ExportMenu(props: {
  readonly of: ListOf;
  readonly columns: readonly ListColumn[];
  readonly needs: string;
  readonly order: string;
  readonly meta: Meta | undefined;
  readonly packets: boolean;
}) {
  const { of, columns, needs, order, meta, packets } = props;
  const looked = useLookedAt();
  const about = useAbout();
  const [open, setOpen] = useState(false);
  useKey('export', () => setOpen(true));
  if (looked === undefined) return null;
  const saveRows = (): void => {
    const ends = about === undefined ? [] : endColumns(of, about.known, columns);
    const asked = [needs, ...ends.map(({ id }) => id)].join(',');
    withNames(allRows(of, looked.query, order, asked), looked.query).then(
      ({ rows, cut, names }) => {
        const all = [...columns, ...ends];
        const head = all.map(({ id, numeric }) => ({ name: id, type: numeric ? 'UInt64' : 'String' }));
        // `server_name` is what a client asked for in TLS.
        const called = SIDES.flatMap((side) => [`${side}_called`, `${side}_called_by`]);
        const namesOf = (row: Row): string[] =>
          SIDES.flatMap((side) => {
            const name = names.get(textOf(row[side]));
            return [name?.name ?? '', name?.source ?? ''];
          });
        const more = names.size > 0;
        const text = csv(
          [...head, ...(more ? called.map((name) => ({ name, type: 'String' })) : [])],
          rows.map((row) => [...all.map((column) => column.text(row)), ...(more ? namesOf(row) : [])]),
        );
        save(new Blob([text], { type: 'text/csv' }), `${of}.csv`);
        if (cut) toast('The file has the first rows only', `${count(rows.length)} of them: narrow the time.`);
      },
      (error: unknown) => error instanceof ApiError && toast(error.message, error.hint),
    );
  };
  const capture = urlOf('sessions', { query: looked.query }).replace('/sessions', '/packets.pcapng');
  const where = meta === undefined ? undefined : /\nWHERE ([\s\S]*?)\nORDER BY /.exec(meta.statement)?.[1];
  return (
    <Menu.Root open={open} onOpenChange={setOpen}>
      <Menu.Trigger className="btn sm">
        <Icon of={Download} />
        Export
        <Icon of={ChevronDown} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className="popup">
            <Menu.Item className="item" onClick={saveRows}>
              CSV<span className="r">of these columns</span>
            </Menu.Item>
            {of === 'sessions' && (
              <Menu.Item
                className="item"
                disabled={!packets}
                render={<a href={capture} download aria-disabled={!packets} />}
              >
                pcapng
                <span className="r">{packets ? 'the packets of all that fit' : 'no packets are kept'}</span>
              </Menu.Item>
            )}
            <Menu.Item
              className="item"
              disabled={meta === undefined}
              onClick={() => meta !== undefined && void copy(commandFor(meta.statement), 'Command')}
            >
              Copy the command<span className="r mono">mirrorlake query</span>
            </Menu.Item>
            {of === 'sessions' && (
              <Menu.Item
                className="item"
                disabled={where === undefined}
                onClick={() => where !== undefined && void copy(exportCommand(where), 'Command')}
              >
                Copy the command<span className="r mono">mirrorlake export</span>
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function exportCommand(where: string): string {
  return `mirrorlake export --output sessions.pcapng --where '${where.replaceAll("'", `'\\''`)}'`;
}
