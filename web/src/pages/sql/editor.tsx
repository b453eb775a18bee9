/** The editor of statements: CodeMirror, with the store's own tables, columns and functions. */
import { autocompletion, type Completion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { SQLDialect, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { NONCE } from '../../app/served.js';

/** Words of ClickHouse's SELECT; functions come from the engine. */
const KEYWORDS =
  'select from where group by order having limit offset with as and or not in is null like ilike between ' +
  'case when then else end join left right inner full cross asof any all using on prewhere final sample ' +
  'array distinct union except intersect settings format asc desc nulls first last interval show tables ' +
  'describe explain exists over partition window rows range preceding following totals rollup cube ties ' +
  'global';
const TYPES =
  'uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32 float64 string fixedstring date datetime ' +
  'datetime64 uuid ipv4 ipv6 array map tuple nullable lowcardinality enum8';

const COLORS = HighlightStyle.define([
  { tag: tags.keyword, color: 'color-mix(in srgb, var(--s4) 65%, var(--text))' },
  { tag: [tags.string, tags.special(tags.string)], color: 'color-mix(in srgb, var(--s3) 65%, var(--text))' },
  { tag: [tags.number, tags.bool, tags.null], color: 'color-mix(in srgb, var(--s2) 65%, var(--text))' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--faint)' },
  { tag: [tags.standard(tags.name), tags.typeName], color: 'color-mix(in srgb, var(--s1) 65%, var(--text))' },
]);

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content, .cm-gutters': { fontFamily: 'var(--mono)' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { background: 'none', border: '0', color: 'var(--faint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--accent2) !important',
  },
  '.cm-tooltip': {
    background: 'var(--surface)',
    border: '1px solid var(--line2)',
    borderRadius: '8px',
    boxShadow: 'var(--shadow2)',
    color: 'var(--text)',
  },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px', fontFamily: 'var(--mono)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent2)',
    color: 'var(--accent)',
  },
  '.cm-completionInfo': { maxWidth: '340px', padding: '8px 10px', fontFamily: 'Inter Variable' },
  '.cm-wrong': { textDecoration: 'underline wavy var(--bad)' },
});

const markWrong = StateEffect.define<number | undefined>();
const wrongMark = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(markWrong)) continue;
      const { length } = transaction.state.doc;
      if (effect.value === undefined || length === 0) return Decoration.none;
      const from = Math.min(effect.value, length - 1);
      const word = transaction.state.wordAt(from);
      const [begin, end] = word === null ? [from, from + 1] : [word.from, word.to];
      return Decoration.set([Decoration.mark({ class: 'cm-wrong' }).range(begin, end)]);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export interface EditorHandle {
  text(): string;
  /** Replaces everything. */
  set(text: string): void;
  /** Writes at the cursor. */
  insert(text: string): void;
  focus(): void;
}

export interface EditorProps {
  readonly ref: Ref<EditorHandle>;
  readonly start: string;
  readonly schema: Answer<'schema'>;
  readonly run: () => void;
  /** Where the store says that the statement is wrong. */
  readonly wrong: number | undefined;
}

export function Editor({ ref, start, schema, run, wrong }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef(run);
  latest.current = run;

  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins once, with what is there then
  useEffect(() => {
    const dialect = SQLDialect.define({
      keywords: KEYWORDS,
      types: TYPES,
      builtin: schema.functions.join(' '),
      backslashEscapes: true,
      doubleQuotedStrings: false,
      identifierQuotes: '`"',
      caseInsensitiveIdentifiers: false,
    });
    const columns = (table: Answer<'schema'>['tables'][number]): Completion[] =>
      table.columns.map(({ name, type, doc }) => ({
        label: name,
        type: 'column',
        detail: type,
        info: doc || type,
      }));
    const all = new Map<string, Completion>();
    for (const table of [...schema.tables].reverse())
      for (const one of columns(table)) all.set(one.label, one);
    const language = sql({
      dialect,
      schema: Object.fromEntries(schema.tables.map((table) => [table.name, columns(table)])),
      upperCaseKeywords: true,
    });
    // Columns are known before FROM is written.
    const anywhere = language.language.data.of({
      autocomplete: (context: { matchBefore(e: RegExp): { from: number; text: string } | null }) => {
        const word = context.matchBefore(/\w+/);
        if (word === null) return null;
        return {
          from: word.from,
          options: [
            ...all.values(),
            ...schema.functions.map((label) => ({ label, type: 'function', apply: `${label}(` })),
          ],
          validFor: /^\w*$/,
        };
      },
    });
    const made = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: start,
        extensions: [
          EditorView.cspNonce.of(NONCE),
          Prec.highest(
            keymap.of([
              {
                key: 'Mod-Enter',
                run: () => {
                  latest.current();
                  return true;
                },
              },
            ]),
          ),
          lineNumbers(),
          history(),
          bracketMatching(),
          autocompletion({ icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          language,
          anywhere,
          syntaxHighlighting(COLORS),
          LOOK,
          wrongMark,
          placeholder('SELECT … FROM sessions'),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'Statement' }),
        ],
      }),
    });
    view.current = made;
    made.focus();
    return () => made.destroy();
  }, []);

  useEffect(() => view.current?.dispatch({ effects: markWrong.of(wrong) }), [wrong]);

  useImperativeHandle(ref, () => ({
    text: () => view.current?.state.doc.toString() ?? '',
    set: (text) =>
      view.current?.dispatch({ changes: { from: 0, to: view.current.state.doc.length, insert: text } }),
    insert: (text) => {
      const made = view.current;
      if (made === undefined) return;
      made.dispatch(made.state.replaceSelection(text));
      made.focus();
    },
    focus: () => view.current?.focus(),
  }));
  return <div ref={host} className="editor" />;
}
