/** What limits a page that makes no conditions of its own. */
import { X } from 'lucide-react';
import { useChangeScope, useLookedAt } from '../app/scope.js';
import { Icon } from './icon.js';

/** The conditions that are looked at, of another page or of a link: each can be taken away. */
export function Conditions() {
  const looked = useLookedAt();
  const change = useChangeScope();
  if (looked === undefined || looked.conditions.length === 0) return null;
  const { conditions } = looked;
  return (
    <div className="filters" role="group" aria-label="Conditions">
      {conditions.map((text) => {
        const [name = '', ...rest] = text.split(':');
        const value = rest.join(':');
        const left = conditions.filter((one) => one !== text);
        return (
          <span key={text} className={value.startsWith('!') ? 'chip neg' : 'chip'}>
            {name}
            {value.startsWith('!') ? ' is not ' : ' '}
            <b className="mono">{value.replace(/^!/, '') || 'none'}</b>
            <button
              type="button"
              aria-label={`Without ${name} ${value}`}
              onClick={() => change({ f: left.length === 0 ? undefined : left })}
            >
              <Icon of={X} />
            </button>
          </span>
        );
      })}
      {conditions.length > 1 && (
        <button type="button" className="btn sm ghost" onClick={() => change({ f: undefined })}>
          Without all
        </button>
      )}
    </div>
  );
}
