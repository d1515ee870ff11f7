import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { xml } from '@codemirror/lang-xml';
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

/** Colours by the tokens, so that the editor follows the theme without being told. */
const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '12.5px' },
  '&.cm-focused': { outline: 'none' },
  // `</`, `/>` and `--` are two characters: a ligature would hide that.
  '.cm-scroller': { fontFamily: 'var(--mono)', fontVariantLigatures: 'none', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface)',
    color: 'var(--faint)',
    border: 'none',
    borderRight: '1px solid var(--line)',
  },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 14px', minWidth: '36px' },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--raised) 60%, transparent)',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent)',
  },
  '.cm-selectionMatch, .cm-searchMatch': {
    backgroundColor: 'var(--warn-soft)',
    outline: '1px solid var(--warn)',
  },
  '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in srgb, var(--warn) 45%, transparent)' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    color: 'var(--muted)',
    padding: '0 6px',
  },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '6px 12px', fontFamily: 'var(--font)' },
  '.cm-panel.cm-search label': { fontSize: '12px' },
  '.cm-textfield': {
    backgroundColor: 'var(--bg)',
    border: '1px solid var(--line)',
    borderRadius: '4px',
    color: 'var(--text)',
    fontSize: '12px',
    padding: '3px 6px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line)',
    borderRadius: '4px',
    color: 'var(--text)',
    fontSize: '12px',
  },
  '.cm-panel.cm-search [name=close]': { color: 'var(--muted)', fontSize: '16px' },
});

const highlight = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket], color: 'var(--cpu)' },
  { tag: tags.attributeName, color: 'var(--mem)' },
  { tag: [tags.attributeValue, tags.string], color: 'color-mix(in srgb, var(--disk-r) 80%, var(--text))' },
  { tag: [tags.comment, tags.processingInstruction], color: 'var(--faint)', fontStyle: 'italic' },
]);

const EXTENSIONS: Extension = [
  lineNumbers(),
  codeFolding(),
  foldGutter(),
  drawSelection(),
  highlightActiveLine(),
  bracketMatching(),
  highlightSelectionMatches(),
  search({ top: true }),
  xml(),
  syntaxHighlighting(highlight),
  keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
  theme,
];

/**
 * XML to read, or to edit where there is `onChange`: folding, search by Ctrl F, line numbers. A new text replaces the old one and keeps the
 * place. Tab goes on to the next field, as everywhere.
 */
export function XmlEditor(props: { text: string; label: string; onChange?: (text: string) => void }) {
  const { text, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const readOnly = props.onChange === undefined;
  useEffect(() => {
    if (box.current === null) return undefined;
    const made = new EditorView({
      parent: box.current,
      doc: latest.current.text,
      extensions: [
        EXTENSIONS,
        EditorState.readOnly.of(readOnly),
        history(),
        keymap.of(historyKeymap),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (!docChanged) return;
          const now = state.doc.toString();
          // What was put in from outside is known there.
          if (now !== latest.current.text) latest.current.onChange?.(now);
        }),
      ],
    });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [label, readOnly]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === text) return;
    const { scrollTop } = editor.scrollDOM;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
    editor.scrollDOM.scrollTop = scrollTop;
  }, [text, label]);
  return <div ref={box} style={{ height: '100%', minHeight: 0 }} />;
}
