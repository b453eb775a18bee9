/** Commands and lines of configuration: to read, and to copy. */
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import type { MarkedText } from '../../../src/console/contract/setup.js';
import { copy } from './copy.js';
import { Icon } from './icon.js';

export function CopyButton(props: {
  readonly text: string;
  /** What is copied, as it is said afterwards. */
  readonly what: string;
  readonly disabled?: boolean;
  /** Only its icon is to be seen. */
  readonly small?: boolean;
}) {
  const { text, what, disabled = false, small = false } = props;
  return (
    <button
      type="button"
      className={small ? 'btn sm icon ghost' : 'btn sm'}
      aria-label={`Copy: ${what}`}
      disabled={disabled}
      onClick={() => void copy(text, what)}
    >
      <Icon of={Copy} />
      {!small && 'Copy'}
    </button>
  );
}

/** Lines with a name and a copy button. */
export function Code(props: { readonly label: string; readonly children: ReactNode }) {
  const { label, children } = props;
  return (
    <pre className="code" role="group" aria-label={label} tabIndex={0}>
      {children}
    </pre>
  );
}

/** Text in which is lit what was filled in. */
export function Marked({ text }: { readonly text: MarkedText }) {
  return text.map((part, i) =>
    part.from === undefined ? (
      part.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: a part has nothing but its place
      <span key={i} className="hl" title={part.from}>
        {part.text}
      </span>
    ),
  );
}

export function plain(text: MarkedText): string {
  return text.map((part) => part.text).join('');
}

/** A paragraph in Markdown, with code spans only. */
export function Paragraph({ text }: { readonly text: string }) {
  return (
    <p className="muted">
      {text.split('`').map((part, i) =>
        i % 2 === 0 ? (
          part
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part has nothing but its place
          <span key={i} className="mono">
            {part}
          </span>
        ),
      )}
    </p>
  );
}
