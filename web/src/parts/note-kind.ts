/** How what a note says is: well, to be wary of, wrong, not yet so; or something to do. */
export type NoteKind = 'ok' | 'warn' | 'bad' | 'wait' | 'do';
