import { ActionIcon, Button } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import type { Network, NetworkSpec } from '../../../main/contract/network.ts';
import { failureOf } from '../../api/failure.ts';
import { useHost } from '../../state/inventory.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { changeNetwork } from './dialogs.ts';
import classes from './detail.module.css';

export interface Entry {
  readonly key: string;
  /** How it is named to those who do not see the row. */
  readonly label: string;
  readonly cells: readonly ReactNode[];
  readonly onEdit: () => void;
  /** The network without it. */
  readonly without: () => Partial<NetworkSpec>;
}

/** A part of a network that is a list of entries: added, changed and removed one by one, at once. */
export function EntryTable(props: {
  network: Network;
  intro: string;
  add: string;
  none: string;
  columns: readonly string[];
  entries: readonly Entry[];
  onAdd: () => void;
}) {
  const { network, entries } = props;
  const { t } = useTranslation('networks');
  const enabled = useHost(network.host)?.state === 'connected';
  const [removing, setRemoving] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const remove = (entry: Entry): void => {
    setRemoving(entry.key);
    setFailure(null);
    void changeNetwork(network, entry.without())
      .catch((error: unknown) => setFailure(failureOf(error)))
      .finally(() => setRemoving(null));
  };
  return (
    <div className={classes['content']}>
      <div className={classes['intro']}>
        <p>{props.intro}</p>
        <Button leftSection={<IconPlus size={14} />} disabled={!enabled} onClick={props.onAdd}>
          {props.add}
        </Button>
      </div>
      {failure !== null && <FailureView failure={failure} />}
      {entries.length === 0 ? (
        <p className="faint" style={{ margin: 0 }}>
          {props.none}
        </p>
      ) : (
        <div className={classes['tableBox']}>
          <table className={classes['table']}>
            <thead>
              <tr>
                {props.columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.key}>
                  {entry.cells.map((cell, at) =>
                    at === 0 ? (
                      <th key={props.columns[at]} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={props.columns[at]}>{cell}</td>
                    ),
                  )}
                  <td className={classes['buttons']}>
                    <ActionIcon.Group>
                      <ActionIcon
                        variant="subtle"
                        disabled={!enabled}
                        aria-label={t('entry.edit', { what: entry.label })}
                        title={t('entry.edit', { what: entry.label })}
                        onClick={entry.onEdit}
                      >
                        <IconPencil size={15} />
                      </ActionIcon>
                      <ActionIcon
                        variant="subtle"
                        disabled={!enabled}
                        loading={removing === entry.key}
                        aria-label={t('entry.remove', { what: entry.label })}
                        title={t('entry.remove', { what: entry.label })}
                        onClick={() => remove(entry)}
                      >
                        <IconTrash size={15} />
                      </ActionIcon>
                    </ActionIcon.Group>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
