import type { Application, Opening, Recognition } from '../reader.js';

/** Recognises applications over one transport: those of the ports first, then those on any port. */
export class Recogniser {
  private readonly byPort = new Map<number, Application[]>();
  private readonly anywhere: Application[] = [];

  /** @param applications in the order in which they are asked */
  constructor(
    applications: readonly Application[],
    private readonly transport: 'tcp' | 'udp',
  ) {
    for (const application of applications) {
      const how = application[transport];
      if (how === undefined) continue;
      if (how.ports === undefined) this.anywhere.push(application);
      else
        for (const port of how.ports) {
          const there = this.byPort.get(port);
          if (there === undefined) this.byPort.set(port, [application]);
          else there.push(application);
        }
    }
  }

  /** The application of a message; undefined if none is recognised. */
  recognise(m: Opening): Application | undefined {
    if (m.start >= m.end) return undefined;
    return (
      this.among(this.byPort.get(m.serverPort), m) ??
      // If only answers are seen, the client of datagrams is a guess: the service may be at either end.
      (this.transport === 'udp' ? this.among(this.byPort.get(m.clientPort), m) : undefined) ??
      this.among(this.anywhere, m)
    );
  }

  private among(applications: readonly Application[] | undefined, m: Opening): Application | undefined {
    if (applications === undefined) return undefined;
    for (const application of applications) {
      const how = application[this.transport] as Recognition;
      if (how.is(m)) return application;
    }
    return undefined;
  }
}
