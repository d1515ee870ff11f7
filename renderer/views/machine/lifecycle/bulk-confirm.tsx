import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useTranslation } from 'react-i18next';
import { useHosts } from '../../../state/inventory.ts';
import { domainKey } from '../../../state/store.ts';
import { DemoMark } from '../../../ui/demo-mark.tsx';
import { useReturnFocus } from '../../../ui/landing.ts';
import { DANGEROUS } from './availability.ts';
import { actionFor, type BulkAction, type BulkItem } from './bulk.ts';
import { requestMany } from './bulk-request.tsx';
import classes from './lifecycle.module.css';

/** Asks once before an action of several machines: names them all, and what is lost. */
export function askBeforeMany(item: BulkItem): void {
  const modalId = `ask-many-${item.action}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <Title item={item} />,
    size: 440,
    children: <Question item={item} onClose={() => modals.close(modalId)} />,
  });
}

function Title({ item: { action, domains } }: { item: BulkItem }) {
  const { t } = useTranslation('machine');
  return t(`many.title.${action}`, { count: domains.length });
}

/** Actions with a text of their own about what they do to each machine. */
const TEXTS = ['suspend', 'shutdown', 'destroy'] as const;

function textOf(action: BulkAction): (typeof TEXTS)[number] | undefined {
  return TEXTS.find((one) => one === action);
}

function Question({ item, onClose }: { item: BulkItem; onClose: () => void }) {
  const { action, domains } = item;
  const { t } = useTranslation(['machine', 'common']);
  useReturnFocus();
  const text = textOf(action);
  const danger = DANGEROUS.has(action);
  const confirm = (): void => {
    onClose();
    requestMany(item);
  };
  return (
    <Stack gap="md">
      {text !== undefined && <Text size="sm">{t(`machine:many.text.${text}`)}</Text>}
      <Machines item={item} />
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose} data-autofocus={danger || undefined}>
          {t('common:cancel')}
        </Button>
        <Button
          variant="filled"
          {...(danger ? { color: 'bad' } : {})}
          onClick={confirm}
          data-autofocus={!danger || undefined}
        >
          {t(`machine:many.do.${action}`, { count: domains.length })}
        </Button>
      </Group>
    </Stack>
  );
}

/** Every machine that is meant, with its host. */
function Machines({ item: { action, domains } }: { item: BulkItem }) {
  const { t } = useTranslation('machine');
  const all = useHosts();
  const hosts = new Map(all.map((host) => [host.id, host]));
  const mixed = all.some(({ kind }) => kind !== 'demo');
  return (
    <ul className={classes['many']} aria-label={t('many.list')} tabIndex={0}>
      {domains.map((domain) => {
        const host = hosts.get(domain.host);
        return (
          <li key={domainKey(domain.host, domain.uuid)}>
            <b>{domain.name}</b>
            {mixed && host?.kind === 'demo' && <DemoMark />}
            {actionFor(action, domain) === 'restore' && (
              <span className="muted small">{t('many.fromSaved')}</span>
            )}
            <span className={classes['manyHost']}>{host?.name ?? domain.host}</span>
          </li>
        );
      })}
    </ul>
  );
}
