import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { virshMigration, type VirshMigration, type VirshNote } from '../../../main/contract/virsh-migrate.ts';
import { useHosts } from '../../state/inventory.ts';
import { Note } from '../sheet/cards.tsx';
import { ShellView } from '../sheet/shell-view.tsx';
import type { MigratePart } from './sections.ts';
import type { Move } from './use-migrate.ts';

/** The moves in virsh's words, and what virsh does not do of them. */
export function VirshView({ part, onBack }: { part: MigratePart; onBack: () => void }) {
  const { t } = useTranslation('migrate');
  const hosts = useHosts();
  const { moves } = part.answer;
  const shown = moves.map((move) => ({
    name: move.domain.name,
    live: move.check.plan?.kind === 'live',
    ...shownMove(move, hosts),
  }));
  const found = shown.flatMap(({ virsh, ...of }) => (virsh === null ? [] : [{ ...of, ...virsh }]));
  const meanwhile = found.flatMap((move) => move.meanwhile);
  const text = [
    ...found.map(({ name, command }) => (moves.length > 1 ? `# ${name}\n${command}` : command)),
    ...(meanwhile.length === 0 ? [] : [[`# ${t('virsh.meanwhile')}`, ...meanwhile].join('\n')]),
  ].join('\n\n');
  return (
    <ShellView
      title={t('virsh.title')}
      help={t(found.every(({ live }) => live) ? 'virsh.help' : 'virsh.helpOff')}
      text={text}
      onBack={onBack}
    >
      {found.some(({ notes }) => notes.some(isOfAll)) && <Note>{t('virsh.relay')}</Note>}
      {shown.flatMap(({ name, virsh, why }) =>
        [...(virsh?.notes ?? []), ...(why === null ? [] : [why])]
          .filter((note) => !isOfAll(note))
          .map((note) => (
            <Note key={`${name} ${note.kind}`} tone={note.kind === 'stays' ? 'warn' : 'plain'}>
              {moves.length > 1 && <span className="strong">{name}: </span>}
              <NoteWords note={note} />
            </Note>
          )),
      )}
    </ShellView>
  );
}

/** The way of the data is said once. */
function isOfAll({ kind }: VirshNote | NoCommand): boolean {
  return kind === 'relay';
}

/** Why a move has no command. */
interface NoCommand {
  readonly kind: 'stays' | 'unasked';
}

function shownMove(
  { domain, input, check: { plan }, current }: Move,
  hosts: readonly Host[],
): { readonly virsh: VirshMigration | null; readonly why: NoCommand | null } {
  const [source, target] = [domain.host, input.to].map((id) => hosts.find((host) => host.id === id));
  if (!current || plan === null || source === undefined || target === undefined)
    return { virsh: null, why: { kind: 'unasked' } };
  const { name, uuid, state, persistent, autostart } = domain;
  const virsh = virshMigration({
    source: { ...source, name, uuid },
    target,
    input,
    plan,
    paused: state === 'paused',
    persistent,
    autostart,
  });
  return { virsh, why: virsh === null ? { kind: 'stays' } : null };
}

function NoteWords({ note }: { note: VirshNote | NoCommand }) {
  const { t } = useTranslation('migrate');
  switch (note.kind) {
    case 'relay':
      return t('virsh.relay');
    case 'rounds':
      return t('virsh.rounds');
    case 'stays':
    case 'unasked':
      return t(`virsh.${note.kind}`);
    case 'files':
      return (
        <>
          {t('virsh.files', { paths: note.paths.join(', ') })}
          {note.afterwards !== '' && (
            <>
              <br />
              {t('virsh.afterwards', { lines: note.afterwards })}
            </>
          )}
        </>
      );
    case 'deletion':
    case 'media':
    case 'volumes':
    case 'unlooked':
      return t(`virsh.${note.kind}`, { paths: note.paths.join(', ') });
    case 'edit':
      return t('virsh.edit', { changes: note.changes.map(([from, to]) => `${from} → ${to}`).join(', ') });
  }
}
