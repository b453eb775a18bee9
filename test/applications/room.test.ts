import { expect, it } from 'vitest';
import { MOST_REMEMBERED_TEXT, Room } from '../../src/applications/room.js';
import { SmbState } from '../../src/applications/smb/state.js';

it('texts that a conversation remembers have a room together', () => {
  const room = new Room();
  const long = 'x'.repeat(MOST_REMEMBERED_TEXT - 10);
  expect(room.exchange('', long)).toBe(long);
  expect(room.exchange('', 'more than that')).toBe('');
  expect(room.exchange('', 'a little')).toBe('a little');
  expect(room.exchange(long, 'another one')).toBe('another one');
  expect(room.exchange('', 'more than that')).toBe('more than that');
  room.reset();
  expect(room.exchange('', 'x'.repeat(MOST_REMEMBERED_TEXT))).toHaveLength(MOST_REMEMBERED_TEXT);
});

it('names go and make room, however many there were', () => {
  const state = new SmbState();
  const name = 'f'.repeat(200);
  for (let i = 0; i < 1000; i++) {
    state.files.set(i, 0, `${name}${i}`);
    if (i % 3 === 0) state.files.delete(i, 0);
  }
  let kept = 0;
  for (let i = 0; i < 1000; i++) kept += state.files.get(i, 0).length;
  expect(kept).toBeGreaterThan(MOST_REMEMBERED_TEXT / 2);
  expect(kept).toBeLessThanOrEqual(MOST_REMEMBERED_TEXT);
  // Those that found no room do not take it from later ones for ever.
  state.reset();
  state.shares.set(1, 1, name);
  expect(state.shares.get(1, 1)).toBe(name);
});
