import { setU24 } from '../../wire/bytes.js';
import { Block } from '../engine/blocks.js';
import { HANDSHAKE_HEADER } from '../tls/hello.js';

/** The longest hello that is put together from fragments. */
const LONGEST = 4096;
/** Hellos that are put together at once; one takes the place of another. */
const PLACES = 64;

/** A hello that came in fragments. */
export class Fragments {
  /** The message as TLS would have it: type, three bytes length, the body. */
  readonly block = new Block(new Uint8Array(LONGEST));
  /** Whose it is; undefined while it is nobody's. */
  owner: object | undefined;
  number = -1;
  private length = 0;

  begin(owner: object, type: number, number: number, length: number, header: Uint8Array): void {
    this.owner = owner;
    this.number = number;
    this.length = length;
    this.block.reset();
    header[0] = type;
    setU24(header, 1, length);
    this.block.put(0, header, 0, HANDSHAKE_HEADER);
  }

  get isWhole(): boolean {
    return this.block.have >= HANDSHAKE_HEADER + this.length;
  }
}

/** Memory for hellos in fragments, of all conversations. */
export class FragmentsPool {
  private readonly places: Fragments[] = [];
  private hand = 0;
  private readonly header = new Uint8Array(HANDSHAKE_HEADER);

  /** What was put together of this side's message so far; a new place if there is none. */
  of(owner: object, type: number, number: number, length: number): Fragments {
    const there = this.find(owner);
    if (there !== undefined && there.number === number) return there;
    const place = there ?? this.take();
    place.begin(owner, type, number, length, this.header);
    return place;
  }

  /** What was put together of this side's message; undefined for nothing. */
  find(owner: object): Fragments | undefined {
    for (const place of this.places) if (place.owner === owner) return place;
    return undefined;
  }

  private take(): Fragments {
    for (const place of this.places) if (place.owner === undefined) return place;
    if (this.places.length < PLACES) {
      const place = new Fragments();
      this.places.push(place);
      return place;
    }
    const place = this.places[this.hand];
    this.hand = (this.hand + 1) % PLACES;
    return place;
  }
}
