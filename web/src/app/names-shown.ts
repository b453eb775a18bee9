/** Whether names stand beside addresses: without React, for the first script. */

const KEY = 'mirrorlake.names';

export function namesChosen(): boolean {
  return localStorage.getItem(KEY) !== '0';
}

export function chooseNames(on: boolean): void {
  localStorage.setItem(KEY, on ? '1' : '0');
}
