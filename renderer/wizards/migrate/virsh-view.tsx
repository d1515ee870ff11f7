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
  const { moves, able } = part.answer;
  // Of several, those that something stops stay.
  const found = (able.length > 0 ? able : moves).flatMap((move) => {
    const shown = shownMove(move, hosts);
    return shown === null
      ? []
      : [{ name: move.domain.name, live: move.check.plan?.kind === 'live', ...shown }];
  });
  const meanwhile = found.flatMap((move) => move.meanwhile);
  const text = [
    ...found.map(({ name, lines }) => (found.length > 1 ? [`# ${name}`, ...lines] : lines).join('\n')),
    ...(meanwhile.length === 0 ? [] : [[`# ${t('virsh.meanwhile')}`, ...meanwhile].join('\n')]),
  ].join('\n\n');
  return (
    <ShellView
      title={t('virsh.title')}
      help={t(found.some(({ live }) => live) ? 'virsh.help' : 'virsh.helpOff')}
      text={text}
      onBack={onBack}
    >
      {found.some(({ notes }) => notes.some(isOfAll)) && <Note>{t('virsh.relay')}</Note>}
      {found.flatMap(({ name, notes }) =>
        notes
          .filter((note) => !isOfAll(note))
          .map((note) => (
            <Note key={`${name} ${note.kind}`}>
              {found.length > 1 && <span className="strong">{name}: </span>}
              <NoteWords note={note} />
            </Note>
          )),
      )}
    </ShellView>
  );
}

/** The way of the data is said once. */
function isOfAll({ kind }: VirshNote): boolean {
  return kind === 'relay';
}

function shownMove({ domain, input, check: { plan } }: Move, hosts: readonly Host[]): VirshMigration | null {
  const [source, target] = [domain.host, input.to].map((id) => hosts.find((host) => host.id === id));
  if (plan === null || source === undefined || target === undefined) return null;
  const { name, uuid, state, persistent, autostart } = domain;
  return virshMigration({
    source: { ...source, name, uuid },
    target,
    input,
    plan,
    paused: state === 'paused',
    persistent,
    autostart,
  });
}

function NoteWords({ note }: { note: VirshNote }) {
  const { t } = useTranslation('migrate');
  switch (note.kind) {
    case 'relay':
      return t('virsh.relay');
    case 'rounds':
      return t('virsh.rounds');
    case 'disks':
      return t('virsh.disks', { disks: note.disks.join(', ') });
    case 'volumes':
      return t('virsh.volumes', { paths: note.paths.join(', ') });
    case 'edit':
      return t('virsh.edit', { changes: note.changes.map(([from, to]) => `${from} → ${to}`).join(', ') });
  }
}
