/** The head of a page about one thing: what it is called, its facts, and where to go on. */
import { Link } from '@tanstack/react-router';
import { List, Share2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Meta } from '../../../src/console/contract.js';
import { useCarried } from '../app/frame.js';
import { Statement } from './card.js';
import styles from './head.module.css';
import { Icon } from './icon.js';

export interface HeadProps {
  /** Its address, large. */
  readonly who: ReactNode;
  /** Names and more, below. */
  readonly called?: ReactNode;
  readonly facts: readonly (readonly [name: string, value: ReactNode])[];
  /** The conditions of its sessions. */
  readonly conditions: readonly string[];
  readonly meta: Meta;
}

export function Head({ who, called, facts, conditions, meta }: HeadProps) {
  const carried = useCarried();
  const search = { ...carried, f: conditions } as never;
  return (
    <section className={`card ${styles.head}`} aria-label="Facts">
      <div className="in">
        <div className={styles.name}>
          <div className={styles.who}>{who}</div>
          {called !== undefined && <div className={styles.called}>{called}</div>}
        </div>
        <dl className={styles.facts}>
          {facts.map(([name, value]) => (
            <div key={name} className={styles.fact}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <span className={styles.ways}>
          <Link to={'/sessions' as string} search={search} className="btn sm">
            <Icon of={List} />
            Sessions
          </Link>
          <Link to={'/map' as string} search={search} className="btn sm">
            <Icon of={Share2} />
            Map
          </Link>
          <Statement meta={meta} />
        </span>
      </div>
    </section>
  );
}
