import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { useDomain } from '../../../state/inventory.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useSubmit } from '../../../ui/use-submit.ts';
import { requestAction, requestKeep, useActionState } from './action-store.ts';
import { isActive } from './availability.ts';

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
  return (
    <Stack gap="md">
      <Text size="sm">{t('machine:template.keep.text', { name })}</Text>
      <Text size="sm" role="status">
        {running
          ? t(stopping ? 'machine:template.keep.stopping' : 'machine:template.keep.running', { name })
          : t('machine:template.keep.clean')}
      </Text>
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        {running ? (
          <Button
            variant="filled"
            data-autofocus
            loading={stopping}
            onClick={() => requestAction('shutdown', domain)}
          >
            {t('machine:action.shutdown')}
          </Button>
        ) : (
          <Button
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

function ReleaseDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const submit = useSubmit(onClose);
  const { host, uuid } = domain;
  const used = submit.failure?.code === 'CONFLICT';
  return (
    <Stack gap="md">
      <Text size="sm">{t('machine:template.release.text')}</Text>
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose} data-autofocus>
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
