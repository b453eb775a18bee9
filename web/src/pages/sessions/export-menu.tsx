/** What can be taken away of a list. */
import { Menu } from '@base-ui/react/menu';
import { ChevronDown, Download } from 'lucide-react';
import { useState } from 'react';
import type { Row } from '../../../../src/console/contract/sessions.js';
import type { Meta } from '../../../../src/console/contract.js';
import { ApiError, call, urlOf } from '../../api/client.js';
import { useKey } from '../../app/keys.js';
import type { LookedAt } from '../../app/looked-at.js';
import { useLookedAt } from '../../app/scope.js';
import { count } from '../../format/numbers.js';
import { commandFor } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { save } from '../../parts/save.js';
import { toast } from '../../parts/toasts.js';
import { csv } from '../sql/csv.js';
import type { ListColumn, ListOf } from './columns.js';
import { FURTHER } from './use-list.js';

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
  const [open, setOpen] = useState(false);
  useKey('export', () => setOpen(true));
  if (looked === undefined) return null;
  const saveRows = (): void => {
    allRows(of, looked.query, order, needs).then(
      ({ rows, cut }) => {
        const head = columns.map(({ id, numeric }) => ({ name: id, type: numeric ? 'UInt64' : 'String' }));
        const text = csv(
          head,
          rows.map((row) => columns.map((column) => column.text(row))),
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
