import type { Application, Opening } from '../reader.js';

/** An application, and how a message is held against it. */
interface Candidate {
  readonly application: Application;
  is(m: Opening): boolean;
}

/** Recognises applications over one transport: those of the ports first, then those on any port. */
export class Recogniser {
  /** Those of a port: the place in the list after it, by the port; the first place is that of none. */
  private readonly placeOfPort = new Uint8Array(65_536);
  private readonly onPort: Candidate[][] = [[]];
  /** Those on any port, by a message's first byte. */
  private readonly anywhere: readonly Candidate[][] = Array.from({ length: 256 }, () => []);

  /** @param applications in the order in which they are asked */
  constructor(applications: readonly Application[], transport: 'tcp' | 'udp') {
    for (const application of applications) {
      const how = application[transport];
      if (how === undefined) continue;
      for (const port of how.ports ?? []) {
        if (this.placeOfPort[port] === 0) this.placeOfPort[port] = this.onPort.push([]) - 1;
        this.onPort[this.placeOfPort[port]].push({ application, is: how.is });
      }
      const is = how.ports === undefined ? how.is : how.elsewhere;
      if (is === undefined) continue;
      if (how.firstBytes === undefined) for (const list of this.anywhere) list.push({ application, is });
      else for (const byte of how.firstBytes) this.anywhere[byte].push({ application, is });
    }
  }

  /**
   * The application of a message; undefined if none is recognised. Who is the client may be a guess: where
   * the port at the other end tells the application, `m.fromClient` and the ports are set right.
   */
  recognise(m: Opening): Application | undefined {
    if (m.start >= m.end) return undefined;
    return (
      among(this.onPort[this.placeOfPort[m.serverPort]], m) ??
      this.turned(m) ??
      among(this.anywhere[m.bytes[m.start]], m)
    );
  }

  private turned(m: Opening): Application | undefined {
    const place = this.placeOfPort[m.clientPort];
    if (place === 0) return undefined;
    turn(m);
    const application = among(this.onPort[place], m);
    if (application === undefined) turn(m);
    return application;
  }
}

/** Takes the other end for the client. */
function turn(m: Opening): void {
  const { clientPort } = m;
  m.clientPort = m.serverPort;
  m.serverPort = clientPort;
  m.fromClient = !m.fromClient;
}

function among(candidates: readonly Candidate[], m: Opening): Application | undefined {
  for (let i = 0; i < candidates.length; i++) if (candidates[i].is(m)) return candidates[i].application;
  return undefined;
}
