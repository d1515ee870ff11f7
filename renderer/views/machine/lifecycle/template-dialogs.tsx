import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useEffect, useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { useDomain } from '../../../state/inventory.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { isFocusFree, useReturnFocus } from '../../../ui/landing.ts';
import { useSubmit } from '../../../ui/use-submit.ts';
import { Note } from '../../../wizards/sheet/cards.tsx';
import { requestAction, requestKeep, useActionState } from './action-store.ts';
import { isActive } from './availability.ts';
import classes from './lifecycle.module.css';

/** Asks before a machine becomes a template, and shuts one down that is not off. */
export function openKeepDialog(domain: Domain): void {
  const modalId = `keep-template-${domain.uuid}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <Title which="keep" name={domain.name} />,
    size: 480,
    children: <KeepDialog asked={domain} onClose={() => modals.close(modalId)} />,
  });
}

/** Asks before a template becomes a machine again; where disks lie on its disks the core refuses and names them. */
export function openReleaseDialog(domain: Domain): void {
  const modalId = `release-template-${domain.uuid}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <Title which="release" name={domain.name} />,
    size: 480,
    children: <ReleaseDialog domain={domain} onClose={() => modals.close(modalId)} />,
  });
}

function Title({ which, name }: { which: 'keep' | 'release'; name: string }) {
  const { t } = useTranslation('machine');
  return t(`template.${which}.title`, { name });
}

function KeepDialog({ asked, onClose }: { asked: Domain; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const domain = useDomain(asked.host, asked.uuid) ?? asked;
  const { pending } = useActionState(domain);
  const { name } = domain;
  const running = isActive(domain);
  const stopping = pending.includes('shutdown');
  const status = stopping ? 'stopping' : running ? 'running' : 'off';
  const keep = useRef<HTMLButtonElement>(null);
  useReturnFocus();
  useKeptFocus(keep, status);
  return (
    <Stack gap="md">
      <Text size="sm">{t('machine:template.keep.text', { name })}</Text>
      <div>
        <Text size="sm">{t('machine:template.keep.clean')}</Text>
        <dl className={classes['clean']}>
          <dt>{t('machine:template.keep.onLinux')}</dt>
          <dd>
            <code className={classes['virsh']}>cloud-init clean --logs --machine-id</code>
          </dd>
          <dt>{t('machine:template.keep.onWindows')}</dt>
          <dd>
            <code className={classes['virsh']}>sysprep</code>
          </dd>
        </dl>
      </div>
      <Text size="sm" role="status">
        {t(`machine:template.keep.${status}`, { name })}
      </Text>
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        {running ? (
          <Button
            variant="filled"
            data-autofocus
            // `disabled` would take the focus away from whoever has just pressed it.
            {...(stopping ? { 'data-disabled': true, 'aria-disabled': true } : {})}
            aria-busy={stopping}
            leftSection={stopping ? <Loader size={14} color="currentColor" /> : null}
            onClick={() => {
              if (!stopping) requestAction('shutdown', domain);
            }}
          >
            {t('machine:action.shutdown')}
          </Button>
        ) : (
          <Button
            ref={keep}
            variant="filled"
            data-autofocus
            onClick={() => {
              onClose();
              requestKeep(domain);
            }}
          >
            {t('machine:action.keepTemplate')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** Where a button that had the keyboard is gone or off in the new state, `target` gets it. */
function useKeptFocus(target: RefObject<HTMLElement | null>, state: string): void {
  useEffect(() => {
    if (isFocusFree() || document.activeElement?.matches(':disabled') === true) target.current?.focus();
  }, [target, state]);
}

function ReleaseDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const submit = useSubmit(onClose);
  const { host, uuid } = domain;
  const used = submit.failure?.code === 'CONFLICT';
  const cancel = useRef<HTMLButtonElement>(null);
  useReturnFocus();
  useKeptFocus(cancel, submit.busy ? 'busy' : 'asking');
  return (
    <Stack gap="md">
      <Text size="sm">{t('machine:template.release.text')}</Text>
      {submit.failure !== null &&
        (used ? (
          <div role="alert">
            <Note tone="warn">{submit.failure.message}</Note>
          </div>
        ) : (
          <FailureView failure={submit.failure} />
        ))}
      <Group justify="flex-end" gap="sm">
        <Button ref={cancel} onClick={onClose} data-autofocus>
          {t('common:cancel')}
        </Button>
        <Button
          variant="filled"
          loading={submit.busy}
          {...(used ? { color: 'bad' } : {})}
          onClick={() => submit.run(() => api.template.release({ host, uuid, force: used }))}
        >
          {t(used ? 'machine:template.release.force' : 'machine:action.releaseTemplate')}
        </Button>
      </Group>
    </Stack>
  );
}
