/** What bench/console-page.ts puts into the page before its own scripts: it keeps times. */

/** @type {{ changed: number, keys: number[] }} when the content last changed; from each key to its paint */
const clock = { changed: 0, keys: [] };
globalThis.clock = clock;

new MutationObserver((changes) => {
  const inContent = ({ target }) => (target.closest ? target : target.parentElement)?.closest('main') != null;
  if (changes.some(inContent)) clock.changed = performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

new PerformanceObserver((list) => {
  for (const { name, duration } of list.getEntries()) if (name === 'keydown') clock.keys.push(duration);
}).observe({ type: 'event', durationThreshold: 16 });

const frame = () => new Promise(requestAnimationFrame);

/** Two frames: what was changed is painted. */
globalThis.painted = async () => {
  await frame();
  await frame();
};

/** Scrolls a list frame by frame. @returns milliseconds of its frames, the longest first */
globalThis.scrolled = async (list, step, steps) => {
  const frames = [];
  list.scrollTop = 0;
  let before = await frame();
  for (let i = 0; i < steps; i++) {
    list.scrollTop += step;
    const now = await frame();
    frames.push(now - before);
    before = now;
  }
  return frames.sort((a, b) => b - a);
};
