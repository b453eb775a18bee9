/** Characters of statements, topics, files that are remembered of a conversation. */
export const MOST_REMEMBERED_TEXT = 4096;

/** The room that one conversation has for texts it remembers: strangers may send many, and long ones. */
export class Room {
  private left = MOST_REMEMBERED_TEXT;

  /** What to keep in place of the text before: the new one, or '' if there is no room for it. */
  exchange(before: string, text: string): string {
    this.left += before.length;
    if (text.length > this.left) return '';
    this.left -= text.length;
    return text;
  }

  reset(): void {
    this.left = MOST_REMEMBERED_TEXT;
  }
}
