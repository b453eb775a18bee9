/** Why two mirrors differ: what they lost themselves is told apart from what lies between them. */
import { count, percent, plural } from '../../format/numbers.js';

export interface Sides {
  readonly same: number;
  readonly differ: number;
  readonly only_a: number;
  readonly only_b: number;
  readonly fewer_a: number;
  readonly fewer_b: number;
  readonly otherwise: number;
  readonly loss_a: { readonly packets: number; readonly lost: number };
  readonly loss_b: { readonly packets: number; readonly lost: number };
}

export interface Reason {
  readonly kind: 'ok' | 'warn' | 'bad';
  readonly title: string;
  readonly words: string;
}

/** @param a, b what the mirrors are called */
export function reasons(sides: Sides, a: string, b: string): Reason[] {
  const found: Reason[] = [];
  if (sides.same + sides.differ === 0) {
    found.push({
      kind: 'warn',
      title: 'They have no conversation in common',
      words: 'They see different traffic, or something between them changes addresses (NAT).',
    });
    return found;
  }
  for (const [name, fewer, loss] of [
    [a, sides.fewer_a, sides.loss_a],
    [b, sides.fewer_b, sides.loss_b],
  ] as const) {
    if (fewer === 0) continue;
    const missing = `It has ${plural(fewer, 'packet')} fewer than the other in conversations that both saw`;
    if (loss.lost === 0)
      found.push({
        kind: 'bad',
        title: `Packets do not come as far as ${name}`,
        words: `${missing}, and its mirror lost none: something between the two drops or redirects them.`,
      });
    else if (fewer <= loss.lost)
      found.push({
        kind: 'warn',
        title: `${name}'s mirror lost ${plural(loss.lost, 'packet')} itself`,
        words:
          `${missing}; its own loss (${percent(loss.lost / (loss.lost + loss.packets))}) explains all of ` +
          'them. Nothing points to the network between.',
      });
    else
      found.push({
        kind: 'bad',
        title: `${name} has fewer packets than its mirror lost`,
        words:
          `${missing}, and its mirror lost ${count(loss.lost)}: at least ${count(fewer - loss.lost)} were ` +
          'dropped or redirected between the two.',
      });
  }
  if (sides.otherwise > 0) {
    const trust = sides.fewer_b > sides.fewer_a ? a : b;
    found.push({
      kind: 'warn',
      title: `${count(sides.otherwise)} of ${count(sides.differ)} end otherwise`,
      words: `A packet that one of them lacks was a SYN-ACK, a FIN or a reset. Trust ${trust} for these.`,
    });
  }
  if (sides.differ === 0)
    found.push({
      kind: 'ok',
      title: 'What both saw is the same',
      words: `${plural(sides.same, 'conversation')} with the same number of packets at both.`,
    });
  return found;
}
