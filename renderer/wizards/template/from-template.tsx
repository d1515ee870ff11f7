import { Button } from '@mantine/core';
import { IconTemplate } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains } from '../../state/inventory.ts';
import { Group } from '../sheet/cards.tsx';
import { AddButtons } from '../sheet/device-group.tsx';

/** The host's templates, each a way to the sheet that makes machines from it; nothing where there are none. */
export function FromTemplate({ host }: { host: string }) {
  const { t } = useTranslation('template');
  const templates = useDomains().filter((domain) => domain.host === host && domain.template === true);
  if (templates.length === 0) return null;
  return (
    <Group title={t('or')}>
      <AddButtons>
        {templates.map(({ uuid, name }) => (
          <Button
            key={uuid}
            size="compact-sm"
            leftSection={<IconTemplate size={14} />}
            onClick={() => openDialog({ kind: 'fromTemplate', host, uuid })}
          >
            {name}
          </Button>
        ))}
      </AddButtons>
    </Group>
  );
}
