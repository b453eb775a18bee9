import type { ApplicationName } from '../../model/application-names.js';

/** Ports at which media are expected. */
export const MOST_EXPECTED = 4096;

/** What conversations announced of a port. */
interface Announcement {
  readonly name: ApplicationName;
  readonly note: string;
}

/** UDP ports at which other conversations said that media will come. */
export class Expected {
  private readonly ports = new Map<number, Announcement>();

  add(port: number, name: ApplicationName, note: string): void {
    // Those of long ago make room, the oldest first.
    this.ports.delete(port);
    if (this.ports.size === MOST_EXPECTED)
      for (const oldest of this.ports.keys()) {
        this.ports.delete(oldest);
        break;
      }
    this.ports.set(port, { name, note });
  }

  /** The application that is expected at a port; undefined for none. */
  at(port: number): ApplicationName | undefined {
    return this.ports.get(port)?.name;
  }

  noteOf(port: number): string {
    return this.ports.get(port)?.note ?? '';
  }
}
