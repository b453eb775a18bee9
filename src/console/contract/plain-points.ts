/** Mirror points of plain frames in the API. This file loads nothing. */

/** Whether frames of this type have no addresses around them: they are known by a name. */
export function isPlainType(type: string): boolean {
  return type === 'span' || type === 'capture';
}

/** What stands for a mirror point's source in its id: for plain frames the name of what they come from. */
export function sourceInId(type: string, source: string, name: string): string {
  return isPlainType(type) ? name.replaceAll(',', ';') : source;
}
