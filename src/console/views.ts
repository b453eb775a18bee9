/** The saved views: one file in the state directory, replaced as a whole. */
import { closeSync, fsyncSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeDirectory, openFile } from '../model/files.js';
import type { View } from './contract/views.js';
import { RequestError } from './errors.js';

/** Views of all people together. */
export const MOST_VIEWS = 200;

const kept = z.object({
  views: z.array(z.object({ name: z.string(), path: z.string(), who: z.string() })),
});

export class Views {
  private readonly file: string;

  /** @param state the directory of what the console keeps */
  constructor(private readonly state: string) {
    this.file = join(state, 'views.json');
  }

  /** All of them, by name. @throws RequestError for a file that cannot be read */
  list(): View[] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new RequestError(`${this.file}: ${(error as Error).message}`, 503);
    }
    try {
      return kept.parse(JSON.parse(text)).views;
    } catch {
      throw new RequestError(`${this.file} is no file of views`, 503, {
        hint: 'move it away: the next view that is saved makes it anew',
      });
    }
  }

  /** @throws RequestError 404 */
  find(name: string): View {
    const view = this.list().find((one) => one.name === name);
    if (view === undefined) throw new RequestError(`there is no view ${name}`, 404);
    return view;
  }

  /** @throws RequestError for somebody else's, and where there are too many */
  save(view: View): View {
    const views = this.list();
    const others = views.filter((one) => one.name !== view.name);
    if (others.length < views.length) this.own(view.name, view.who);
    else if (views.length >= MOST_VIEWS)
      throw new RequestError(`${MOST_VIEWS} views are saved, and no more`, 409, {
        hint: 'remove one that is not used any more',
      });
    this.write([...others, view]);
    return view;
  }

  /** @throws RequestError for one that is not there, and for somebody else's */
  remove(name: string, who: string): void {
    this.own(name, who);
    this.write(this.list().filter((one) => one.name !== name));
  }

  private own(name: string, who: string): void {
    const view = this.find(name);
    if (view.who !== who)
      throw new RequestError(`the view ${name} is ${view.who}'s`, 403, { hint: 'save it by another name' });
  }

  private write(views: readonly View[]): void {
    const sorted = [...views].sort((one, other) => (one.name < other.name ? -1 : 1));
    const made = `${this.file}.new`;
    try {
      makeDirectory(this.state);
      const fd = openFile(made, 'w');
      try {
        writeSync(fd, `${JSON.stringify({ views: sorted }, undefined, 2)}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(made, this.file);
    } catch (error) {
      throw new RequestError(`${this.file} cannot be written: ${(error as Error).message}`, 503, {
        hint: 'give the console a directory with --state',
      });
    }
  }
}
