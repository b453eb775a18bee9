/** The links of a Markdown page. */

/** A page without its code, in which brackets mean something else. */
export function prose(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** What a page points at in files beside it, without anchors; its own anchors are left out. */
export function linksOf(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1])
    .filter((target) => !/^https?:/.test(target))
    .map((target) => target.split('#')[0])
    .filter((path) => path !== '');
}
