/** The links of a Markdown page. */

/** A page without its code, where brackets mean something else. */
export function prose(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The files that a page links to, without anchors. Links within the page are left out. */
export function linksOf(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1])
    .filter((target) => !/^https?:/.test(target))
    .map((target) => target.split('#')[0])
    .filter((path) => path !== '');
}
