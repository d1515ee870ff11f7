import { Button, Checkbox, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeletableVolume, DeletionPlan, Domain } from '../../../../main/contract/domain.ts';
import { namedInShort } from '../../../../main/contract/named-in-short.ts';
import type { Failure } from '../../../../main/contract/failure.ts';
import { api } from '../../../api/client.ts';
import { useHost } from '../../../state/inventory.ts';
import { domainKey } from '../../../state/store.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { formatBytes } from '../../../ui/format.ts';
import { CopyButton } from '../../../ui/key-value.tsx';
import { useReturnFocus } from '../../../ui/landing.ts';
import { ShellText } from '../../../ui/shell-text.tsx';
import { useAnswer } from '../../../ui/use-answer.ts';
import { canDelete, freedBytes, losses, tickedAtFirst } from './delete-plan.ts';
import { requestDelete } from './deletion.tsx';
import classes from './lifecycle.module.css';
import { deletionLine } from './virsh-lines.ts';

/** Asks which volumes go with the machine. */
export function openDeleteDialog(domain: Domain): void {
  const modalId = `delete-${domain.uuid}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <DeleteTitle name={domain.name} />,
    size: 620,
    children: <DeleteDialog domain={domain} onClose={() => modals.close(modalId)} />,
  });
}

function DeleteTitle({ name }: { name: string }) {
  const { t } = useTranslation('machine');
  return t('delete.title', { name });
}

function DeleteDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { host, uuid } = domain;
  useReturnFocus();
  const plan = useAnswer((signal) => api.domain.deletionPlan({ host, uuid }, { signal }), {
    subject: domainKey(host, uuid),
  });
  if (plan.failure !== null)
    return <PlanFailed failure={plan.failure} onRetry={plan.reload} onClose={onClose} />;
  if (plan.value === null) return <Skeleton height={140} />;
  return <DeleteForm domain={domain} plan={plan.value} onClose={onClose} />;
}

function PlanFailed(props: { failure: Failure; onRetry: () => void; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  return (
    <Stack gap="md">
      <FailureView failure={props.failure}>
        <Button size="compact-xs" onClick={props.onRetry}>
          {t('machine:retry')}
        </Button>
      </FailureView>
      <Group justify="flex-end">
        <Button onClick={props.onClose}>{t('common:cancel')}</Button>
      </Group>
    </Stack>
  );
}

function DeleteForm(props: { domain: Domain; plan: DeletionPlan; onClose: () => void }) {
  const { domain, plan, onClose } = props;
  const { t } = useTranslation(['machine', 'migrate', 'common']);
  const [ticked, setTicked] = useState(() => tickedAtFirst(plan));
  const [typed, setTyped] = useState('');
  const needsName = ticked.size > 0;
  const field = useRef<HTMLInputElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  // The plan came after the dialog had opened and looked for whom to give the focus.
  useEffect(() => (field.current ?? cancel.current)?.focus(), []);
  const ready = !needsName || typed === domain.name;
  const toggle = (key: string, on: boolean): void => {
    const next = new Set(ticked);
    if (on) next.add(key);
    else next.delete(key);
    setTicked(next);
  };
  const confirm = (): void => {
    if (!ready) return;
    onClose();
    requestDelete(domain, plan, ticked);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm();
      }}
    >
      <Stack gap="md">
        <Text size="sm">{t('machine:delete.definition', { name: domain.name })}</Text>
        <Losses plan={plan} />
        {plan.volumes.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('machine:delete.noVolumes')}
          </Text>
        ) : (
          <ul className={classes['volumes']}>
            {plan.volumes.map((volume) => (
              <VolumeLine
                key={volume.key}
                volume={volume}
                ticked={ticked.has(volume.key)}
                onToggle={(on) => toggle(volume.key, on)}
              />
            ))}
          </ul>
        )}
        {(plan.leftCopies ?? []).map(({ host, names }) => (
          <Text key={host} size="sm" c="dimmed">
            {t('migrate:leftElsewhere', { host, names: names.join(', ') })}
          </Text>
        ))}
        {plan.unseen.length > 0 && (
          <div>
            <div className="faint small">{t('machine:delete.unseen')}</div>
            <ul className={classes['losses']}>
              {plan.unseen.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </div>
        )}
        <SameWithVirsh domain={domain} plan={plan} chosen={ticked} />
        {needsName && (
          <TextInput
            description={t('machine:delete.noUndo')}
            label={t('machine:delete.typeName', { name: domain.name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            ref={field}
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button onClick={onClose} ref={cancel}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" variant="filled" color="bad" disabled={!ready}>
            {needsName
              ? t('machine:delete.withVolumes', {
                  count: ticked.size,
                  size: formatBytes(freedBytes(plan, ticked)),
                })
              : t('machine:delete.keepVolumes')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The line for a shell that does what is chosen now. */
function SameWithVirsh(props: { domain: Domain; plan: DeletionPlan; chosen: ReadonlySet<string> }) {
  const { domain, plan, chosen } = props;
  const { t } = useTranslation('machine');
  const host = useHost(domain.host);
  if (host === undefined) return null;
  const line = deletionLine(host, domain, { plan, chosen });
  return (
    <div>
      <div className="faint small">{t('delete.virsh')}</div>
      <div className={classes['shell']}>
        <code className={classes['virsh']}>
          <ShellText line={line} />
        </code>
        <CopyButton text={line} label={t('delete.virsh')} />
      </div>
    </div>
  );
}

function Losses({ plan }: { plan: DeletionPlan }) {
  const { t } = useTranslation('machine');
  const lost = losses(plan);
  if (lost.length === 0) return null;
  return (
    <ul className={classes['losses']}>
      {lost.map((loss) => (
        <li key={loss.kind}>
          {'count' in loss
            ? t(`delete.loss.${loss.kind}`, { count: loss.count })
            : t(`delete.loss.${loss.kind}`)}
        </li>
      ))}
    </ul>
  );
}

function VolumeLine(props: { volume: DeletableVolume; ticked: boolean; onToggle: (on: boolean) => void }) {
  const { volume, ticked, onToggle } = props;
  const { t } = useTranslation('machine');
  const reasons = [
    ...(volume.keep === null || volume.keep === 'usedByOther' ? [] : [t(`delete.keep.${volume.keep}`)]),
    ...(volume.usedBy.length > 0 ? [t('delete.usedBy', { names: namedInShort(volume.usedBy) })] : []),
  ];
  const size = [
    volume.capacityBytes === null ? null : formatBytes(volume.capacityBytes),
    volume.allocationBytes === null
      ? null
      : t('delete.onDisk', { size: formatBytes(volume.allocationBytes) }),
    volume.pool === null ? null : t('delete.pool', { pool: volume.pool }),
  ].filter((part) => part !== null);
  return (
    <li className={classes['volume']}>
      <Checkbox
        checked={ticked}
        disabled={!canDelete(volume)}
        onChange={(event) => onToggle(event.currentTarget.checked)}
        label={
          <span className={classes['volumeText']}>
            <span>
              <b>{volume.target}</b> <span className="mono">{volume.path}</span>
            </span>
            <span className="faint small">{size.join(' · ')}</span>
            {reasons.map((reason) => (
              <span key={reason} className={classes['keep']}>
                {reason}
              </span>
            ))}
          </span>
        }
      />
    </li>
  );
}
