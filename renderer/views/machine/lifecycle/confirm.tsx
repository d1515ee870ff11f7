import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useReturnFocus } from '../../../ui/landing.ts';
import { requestAction, type PlainActionId } from './action-store.ts';
import { DANGEROUS } from './availability.ts';

/** Asks before an action and names what is lost. */
export function askBeforeAction(action: PlainActionId, domain: Domain): void {
  const modalId = `ask-${action}-${domain.uuid}`;
  modals.open({
    modalId,
    withCloseButton: false,
    title: <QuestionTitle action={action} name={domain.name} />,
    size: 440,
    children: <Question action={action} domain={domain} onClose={() => modals.close(modalId)} />,
  });
}

function QuestionTitle({ action, name }: { action: PlainActionId; name: string }) {
  const { t } = useTranslation('machine');
  return t(`ask.title.${action}`, { name });
}

/** Actions with a text of their own about what is lost. */
const LOSSES = [
  'reset',
  'destroy',
  'discardSaved',
  'shutdown',
  'shutdownAgent',
  'reboot',
  'rebootAgent',
] as const;
type Loss = (typeof LOSSES)[number];

function isLoss(action: PlainActionId): action is Loss {
  return LOSSES.some((one) => one === action);
}

function Question(props: { action: PlainActionId; domain: Domain; onClose: () => void }) {
  const { action, domain, onClose } = props;
  useReturnFocus();
  const { t } = useTranslation(['machine', 'common']);
  const confirm = (): void => {
    onClose();
    requestAction(action, domain);
  };
  return (
    <Stack gap="md">
      {isLoss(action) && <Text size="sm">{t(`machine:ask.loss.${action}`, { name: domain.name })}</Text>}
      <Group justify="flex-end" gap="sm">
        <Button onClick={onClose} data-autofocus={DANGEROUS.has(action) ? true : undefined}>
          {t('common:cancel')}
        </Button>
        <Button
          variant="filled"
          {...(DANGEROUS.has(action) ? { color: 'bad' } : {})}
          onClick={confirm}
          data-autofocus={DANGEROUS.has(action) ? undefined : true}
        >
          {t(`machine:action.${action}`)}
        </Button>
      </Group>
    </Stack>
  );
}
