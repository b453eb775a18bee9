/** The icons that the page has, of lucide's: all at one size, hidden from readers that read aloud. */
import type { LucideIcon } from 'lucide-react';

export function Icon({ of: Of, className }: { readonly of: LucideIcon; readonly className?: string }) {
  return (
    <Of
      className={className === undefined ? 'ic' : `ic ${className}`}
      strokeWidth={1.75}
      aria-hidden="true"
    />
  );
}
