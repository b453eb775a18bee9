import { Dialog } from '@base-ui/react/dialog';
import { useState } from 'react';
import { parseRange, runningWords, type TimeRange } from './range.js';

/** Chooses a time range: one that runs, or two times in UTC. */
export function TimeDialog(props: {
  readonly open: boolean;
  readonly close: () => void;
  readonly range: TimeRange;
  readonly choices: readonly string[];
  readonly choose: (t: string) => void;
  readonly utc: boolean;
  readonly setUtc: (on: boolean) => void;
}) {
  const { open, close, range, choices, choose, utc, setUtc } = props;
  const [text, write] = useState<string | undefined>();
  const [wrong, say] = useState('');
  const take = (t: string): void => {
    choose(t);
    write(undefined);
    say('');
    close();
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" style={{ width: 'min(440px, calc(100vw - 32px))' }}>
          <Dialog.Title render={<h2 />}>Time range</Dialog.Title>
          <div className="filters">
            {choices.map((t) => (
              <button
                key={t}
                type="button"
                className={t === range.text ? 'btn sm on' : 'btn sm'}
                onClick={() => take(t)}
              >
                {runningWords(t)}
              </button>
            ))}
          </div>
          <form
            style={{ display: 'grid', gap: 8, marginTop: 14 }}
            onSubmit={(event) => {
              event.preventDefault();
              const t = (text ?? range.text).trim();
              if (parseRange(t, Date.now()) === undefined)
                say('Write 2025-06-02T08:00~08:10 in UTC, or -90m.');
              else take(t);
            }}
          >
            <label>
              From and to, in UTC
              <span className="search" style={{ maxWidth: 'none', marginTop: 4 }}>
                <input
                  className="mono"
                  value={text ?? range.text}
                  onChange={(event) => write(event.target.value)}
                />
              </span>
            </label>
            {wrong !== '' && (
              <p className="bad" role="alert">
                {wrong}
              </p>
            )}
            <div className="flex">
              <button type="submit" className="btn pri">
                Show
              </button>
              <span className="grow" />
              <label className="flex">
                <input type="checkbox" checked={utc} onChange={(event) => setUtc(event.target.checked)} />
                Show times in UTC
              </label>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
