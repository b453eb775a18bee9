/** Whoever uses the console's page: with a mouse, or with the keyboard alone. What they do is counted. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** The steps that the chart's selection goes to, from its first. */
export interface Steps {
  readonly first: number;
  readonly last: number;
  /** Steps there are in all. */
  readonly all: number;
}

export interface Hand {
  /**
   * Decisions so far: a click, a drag, a key, or keys that belong together (`G L`). Moving to something is
   * none, whether with the pointer or with Tab; nor is what is typed into a form.
   */
  readonly actions: number;
  /** A link, a button, a row. */
  take(what: Locator): Promise<void>;
  /** One thing of a list that is open. @param text is typed to find it */
  pick(what: Locator, text: string): Promise<void>;
  /** A condition of a cell of the selected row. */
  only(cell: Locator): Promise<void>;
  /** Steps of a chart: one by a click, several by a drag. */
  select(chart: Locator, steps: Steps): Promise<void>;
  /** What somebody looks for: `/`, the text, Enter count as one. */
  search(text: string): Promise<void>;
  /** Keys one after the other, as `?` writes them: `G L`. */
  press(keys: string): Promise<void>;
  /** Into a form's field. */
  write(field: Locator, text: string): Promise<void>;
}

abstract class Counting implements Hand {
  actions = 0;
  constructor(protected readonly page: Page) {}

  abstract take(what: Locator): Promise<void>;
  abstract select(chart: Locator, steps: Steps): Promise<void>;
  abstract write(field: Locator, text: string): Promise<void>;
  abstract pick(what: Locator, text: string): Promise<void>;
  abstract only(cell: Locator): Promise<void>;

  async search(text: string): Promise<void> {
    this.actions++;
    await this.page.keyboard.press('/');
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Enter');
  }

  async press(keys: string): Promise<void> {
    this.actions++;
    for (const key of keys.split(' ')) await this.page.keyboard.press(key);
  }
}

/** With a mouse, and the keys that the design names. */
export class Mouse extends Counting {
  async take(what: Locator): Promise<void> {
    this.actions++;
    await what.click();
  }

  async pick(what: Locator, text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
    await this.take(what);
  }

  async only(cell: Locator): Promise<void> {
    await cell.hover();
    await this.take(cell.getByRole('button', { name: 'Only this' }));
  }

  async select(chart: Locator, { first, last, all }: Steps): Promise<void> {
    this.actions++;
    const box = (await chart.locator('.u-over').boundingBox())!;
    const at = (step: number): number => box.x + (box.width * step) / all;
    const y = box.y + box.height / 2;
    if (first === last) return this.page.mouse.click(at(first + 0.5), y);
    await this.page.mouse.move(at(first + 0.2), y);
    await this.page.mouse.down();
    await this.page.mouse.move(at(last + 0.8), y, { steps: 4 });
    await this.page.mouse.up();
  }

  async write(field: Locator, text: string): Promise<void> {
    await field.fill(text);
  }
}

/** Tab stops that a page has at most before something is said to be out of reach. */
const FARTHEST = 400;

/** With the keyboard alone: whatever Tab does not reach is not there. */
export class Keyboard extends Counting {
  async take(what: Locator): Promise<void> {
    this.actions++;
    await this.reach(what);
    await this.page.keyboard.press('Enter');
  }

  async pick(what: Locator, text: string): Promise<void> {
    this.actions++;
    await this.page.keyboard.insertText(text);
    await what.waitFor();
    // A list has a highlight that arrow keys move, and no stops of its own.
    for (let i = 0; i < FARTHEST; i++) {
      if (await what.evaluate((element) => element.matches('[data-highlighted]'))) break;
      await this.page.keyboard.press('ArrowDown');
    }
    await this.page.keyboard.press('Enter');
  }

  async only(cell: Locator): Promise<void> {
    // One cell of the selected row is a stop; arrow keys move on from there.
    await this.reach(cell.locator('xpath=../td[1]'));
    while (!(await cell.evaluate((element) => element.matches(':focus'))))
      await this.page.keyboard.press('ArrowRight');
    await this.press('f');
  }

  async select(chart: Locator, { first, last }: Steps): Promise<void> {
    this.actions++;
    await this.reach(chart);
    for (let i = 0; i <= first; i++) await this.page.keyboard.press('ArrowRight');
    for (let i = first; i < last; i++) await this.page.keyboard.press('Shift+ArrowRight');
  }

  async write(field: Locator, text: string): Promise<void> {
    await this.reach(field);
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(text);
  }

  /** Moves the focus there by Tab, and by arrow keys where these move it on. */
  async reach(what: Locator): Promise<void> {
    await what.waitFor();
    const there = (): Promise<boolean> => what.evaluate((element) => element.matches(':focus'));
    for (let i = 0; i < FARTHEST; i++) {
      if (await there()) return;
      await this.page.keyboard.press('Tab');
    }
    expect(await there(), `${what} is reached by Tab`).toBe(true);
  }
}
