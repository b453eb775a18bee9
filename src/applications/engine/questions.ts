import { Question } from '../question.js';
import { Ages } from './ages.js';

/** Characters that all open questions may have together, for each that may be open: most have fewer. */
export const QUESTION_CHARACTERS = 512;

/** All questions of one session table: a bounded number, those in use by their age. */
export class Questions {
  private made = 0;
  private readonly free: Question[] = [];
  /** Those whose time is over with their conversation, and those over UDP that are given up before. */
  private readonly patient = new Ages();
  private readonly hurried = new Ages();
  private characters = 0;

  constructor(private readonly most: number) {}

  /** A question as new, for the conversation with this handle; undefined while all are in use. */
  take(dialogue: number, isPatient: boolean): Question | undefined {
    let q = this.free.pop();
    if (q === undefined) {
      if (this.made === this.most) return undefined;
      q = new Question();
      this.made++;
    }
    q.dialogue = dialogue;
    q.isPatient = isPatient;
    this.agesOf(q).add(q);
    return q;
  }

  /** Counts the texts of a question in use, as they are now. */
  weigh(q: Question): void {
    const { characters } = q;
    this.characters += characters - q.weight;
    q.weight = characters;
  }

  /** Whether the texts of all have too many characters. */
  get areHeavy(): boolean {
    return this.characters > this.most * QUESTION_CHARACTERS;
  }

  give(q: Question): void {
    this.characters -= q.weight;
    this.agesOf(q).remove(q);
    q.reset();
    this.free.push(q);
  }

  /** The answer may take as long as the conversation lasts. */
  waitFor(q: Question): void {
    this.agesOf(q).remove(q);
    q.isPatient = true;
    this.agesOf(q).add(q);
  }

  /** The one that has to go when there are too many. */
  get oldest(): Question | undefined {
    return this.hurried.oldest ?? this.patient.oldest;
  }

  /** The oldest over UDP, to which an answer should have come first. */
  get oldestHurried(): Question | undefined {
    return this.hurried.oldest;
  }

  private agesOf(q: Question): Ages {
    return q.isPatient ? this.patient : this.hurried;
  }
}
