import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconDots,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconPower,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import type { Network } from '../../../main/contract/network.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { openNetworkDialog } from './dialogs.ts';
import classes from './detail.module.css';

/** What is done to a network without asking: whether it is under way, and what it failed with. */
export interface NetworkActionState {
  readonly busy: boolean;
  readonly failure: Failure | null;
  readonly start: () => void;
  readonly setAutostart: (autostart: boolean) => void;
}

export function useNetworkActions({ host, uuid }: Network): NetworkActionState {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = (work: Promise<unknown>): void => {
    setBusy(true);
    setFailure(null);
    void work.catch((error: unknown) => setFailure(failureOf(error))).finally(() => setBusy(false));
  };
  return {
    busy,
    failure,
    start: () => run(api.network.start({ host, uuid })),
    setAutostart: (autostart) => run(api.network.setAutostart({ host, uuid, autostart })),
  };
}

const icon = { size: 16, stroke: 1.75 } as const;

export function NetworkActions(props: { network: Network; actions: NetworkActionState; enabled: boolean }) {
  const { network, actions, enabled } = props;
  const { t } = useTranslation(['networks', 'common']);
  const { active, persistent, autostart } = network;
  return (
    <div className={classes['actions']}>
      {active ? (
        <Button
          leftSection={<IconPlayerStop size={14} />}
          disabled={!enabled}
          onClick={() => openNetworkDialog({ kind: 'stop', network })}
        >
          {t('networks:action.stop')}
        </Button>
      ) : (
        <Button
          leftSection={<IconPlayerPlay size={14} />}
          disabled={!enabled}
          loading={actions.busy}
          onClick={actions.start}
        >
          {t('networks:action.start')}
        </Button>
      )}
      <Button
        leftSection={<IconPencil size={14} />}
        disabled={!enabled}
        onClick={() => openNetworkDialog({ kind: 'edit', network })}
      >
        {t('networks:action.edit')}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon
            aria-label={t('networks:action.more', { name: network.name })}
            title={t('common:more')}
            size={30}
            disabled={!enabled}
          >
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {active && (
            <Menu.Item
              leftSection={<IconRefresh {...icon} />}
              onClick={() => openNetworkDialog({ kind: 'restart', network })}
            >
              {t('networks:action.restart')}
            </Menu.Item>
          )}
          {persistent && (
            <Menu.Item leftSection={<IconPower {...icon} />} onClick={() => actions.setAutostart(!autostart)}>
              {t(autostart ? 'networks:action.autostartOff' : 'networks:action.autostartOn')}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconTrash {...icon} />}
            color="var(--bad)"
            onClick={() => openNetworkDialog({ kind: 'delete', network })}
          >
            {t('networks:action.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
