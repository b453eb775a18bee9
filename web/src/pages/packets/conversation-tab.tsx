/** What both sides said, as text. */
import { useMemo, useState } from 'react';
import { bytes, count, plural } from '../../format/numbers.js';
import { Segments } from '../../parts/menu.js';
import { Empty } from '../../parts/states.js';
import { conversation, type FromSide, type Said } from './decode/conversation.js';
import { lines } from './decode/words.js';
import css from './packets.module.css';
import type { Loaded } from './use-packets.js';

export type Sides = 'both' | 'client' | 'server';

/** Bytes that are shown of one turn at first, and turns. */
const MOST_OF_TURN = 4096;
const MOST_TURNS = 200;

export function ConversationTab(props: {
  readonly loaded: Loaded;
  readonly isStream: boolean;
  readonly sides: Sides;
  readonly setSides: (sides: Sides) => void;
  readonly choose: (number: number) => void;
}) {
  const { loaded, isStream, sides, setSides, choose } = props;
  const [turns, setTurns] = useState(MOST_TURNS);
  const { said, left } = useMemo(
    () => conversation(loaded.packets, isStream, sides),
    [loaded.packets, isStream, sides],
  );
  return (
    <div className={css.tab}>
      <div className={css.paneHead}>
        <Segments
          label="Whose words"
          value={sides}
          choices={[
            { value: 'both', label: 'Both' },
            { value: 'client', label: 'Client' },
            { value: 'server', label: 'Server' },
          ]}
          onChange={setSides}
        />
        <span className="faint">
          {isStream
            ? 'in the order of their numbers, what was sent again left out'
            : 'every message by itself'}
          {loaded.hasMore && `; of the first ${count(loaded.packets.length)} packets`}
        </span>
        {loaded.hasMore && (
          <button type="button" className="btn sm" disabled={loaded.isLoading} onClick={loaded.more}>
            1,000 more
          </button>
        )}
      </div>
      <div className={css.scroll} tabIndex={0} role="region" aria-label="What was said">
        {said.length === 0 && <Empty>Nothing was said: these packets carry no bytes.</Empty>}
        {said.slice(0, turns).map((one) => (
          <Turn key={`${one.from} ${one.number} ${one.bytes.length}`} said={one} choose={choose} />
        ))}
        {said.length > turns && (
          <button type="button" className="btn sm" onClick={() => setTurns(turns + MOST_TURNS)}>
            {plural(said.length - turns, 'turn')} more
          </button>
        )}
        {left > 0 && (
          <p className="faint">{bytes(left)} more are left out here; the capture has them: pcapng, above.</p>
        )}
      </div>
    </div>
  );
}

const WHO: Readonly<Record<FromSide, string>> = { client: '→ client', server: '← server', '': 'somebody' };

function Turn({ said, choose }: { readonly said: Said; readonly choose: (number: number) => void }) {
  const { from, number, missing, bytes: b } = said;
  const [all, showAll] = useState(false);
  const shown = all ? b : b.subarray(0, MOST_OF_TURN);
  return (
    <section className={`${css.turn} ${css[from || 'nobody']}`} aria-label={`${from} in packet ${number}`}>
      {missing > 0 && <p className={css.gap}>{plural(missing, 'byte')} missing here</p>}
      <h3>
        {WHO[from]} <span className="faint">{bytes(b.length)}</span>
        <button type="button" className="l" onClick={() => choose(number)}>
          packet {number}
        </button>
      </h3>
      <pre>{lines(shown)}</pre>
      {b.length > shown.length && (
        <button type="button" className="l" onClick={() => showAll(true)}>
          {bytes(b.length - shown.length)} more
        </button>
      )}
    </section>
  );
}
