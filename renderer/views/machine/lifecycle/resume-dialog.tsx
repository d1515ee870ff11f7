import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useHosts } from '../../../state/inventory.ts';
import { useReturnFocus } from '../../../ui/landing.ts';
import { requestResume } from './action-store.ts';

/** What a migration paused is resumed only when it is told where it was going: that host is asked first. */
export function openResumeDialog(domain: Domain): void {
  const modalId = `resume-${domain.uuid}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <Title name={domain.name} />,
    size: 480,
    children: <ResumeDialog domain={domain} onClose={() => modals.close(modalId)} />,
  });
}

function Title({ name }: { name: string }) {
  const { t } = useTranslation('machine');
  return t('ask.title.resume', { name });
}

function ResumeDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const hosts = useHosts();
  const [to, setTo] = useState<string | null>(null);
  useReturnFocus();
  const { name } = domain;
  const host = hosts.find(({ id }) => id === domain.host)?.name ?? domain.host;
  const others = hosts
    .filter(({ id }) => id !== domain.host)
    .map((one) => ({ value: one.id, label: one.name }));
  const resume = (): void => {
    if (to === null) return;
    onClose();
    requestResume(domain, to);
  };
  return (
    <Stack gap="md">
      <Text size="sm">{t('machine:leftBehind.text', { name, host })}</Text>
      <Select
        label={t('machine:leftBehind.to')}
        description={t('machine:leftBehind.help')}
        placeholder={t('machine:leftBehind.choose')}
        nothingFoundMessage={t('machine:leftBehind.none')}
        data={others}
        value={to}
        onChange={setTo}
        data-autofocus
      />
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button variant="filled" onClick={resume} disabled={to === null}>
          {t('machine:action.resume')}
        </Button>
      </Group>
    </Stack>
  );
}
