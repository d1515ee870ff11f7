import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import {
  IconChevronDown,
  IconColumns3,
  IconFilter,
  IconLayoutSidebarRight,
  IconSearch,
  IconX,
} from '@tabler/icons-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { STATE_GROUPS, setFilter, useFilter } from '../../state/filter.ts';
import { useHosts } from '../../state/inventory.ts';
import { setUi, useUi } from '../../state/ui.ts';
import type { ColumnId } from './columns.ts';
import { COLUMNS, FIXED_COLUMNS } from './columns.ts';
import classes from './toolbar.module.css';

/** Text, state and host filters, the choice of columns, the side panel. */
export function Toolbar({
  input,
  hasPeek,
  noRoom,
  onLeave,
}: {
  input: RefObject<HTMLInputElement | null>;
  hasPeek: boolean;
  /** Columns that are chosen and do not fit. */
  noRoom: readonly ColumnId[];
  /** The filter is done with: the keyboard goes back to the list. */
  onLeave: () => void;
}) {
  const { t } = useTranslation('machines');
  const filter = useFilter();
  const peekOpen = useUi('peekOpen');
  return (
    <div className={classes['toolbar']}>
      <TextInput
        ref={input}
        className={classes['text'] ?? ''}
        aria-label={t('filter')}
        placeholder={t('filterPlaceholder')}
        leftSection={<IconSearch size={14} />}
        rightSection={
          filter.text === '' ? (
            <kbd className={classes['slash']}>/</kbd>
          ) : (
            <ActionIcon
              variant="subtle"
              size={20}
              aria-label={t('clearFilter')}
              onClick={() => setFilter({ text: '' })}
            >
              <IconX size={12} />
            </ActionIcon>
          )
        }
        value={filter.text}
        onChange={(event) => setFilter({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setFilter({ text: '' });
          if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            onLeave();
          }
        }}
        spellCheck={false}
      />
      <StateFilter />
      <HostFilter />
      <CompactFilter />
      <ColumnChooser noRoom={noRoom} />
      {hasPeek && (
        <ActionIcon
          aria-label={t(peekOpen ? 'hidePeek' : 'showPeek')}
          title={t(peekOpen ? 'hidePeek' : 'showPeek')}
          aria-pressed={peekOpen}
          onClick={() => setUi({ peekOpen: !peekOpen })}
        >
          <IconLayoutSidebarRight size={16} stroke={1.75} />
        </ActionIcon>
      )}
    </div>
  );
}

function StateFilter() {
  const { t } = useTranslation('machines');
  const { state } = useFilter();
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={classes['choice'] ?? ''}
          data-on={state !== null || undefined}
          rightSection={<IconChevronDown size={14} />}
        >
          {t('stateFilter', { value: state === null ? t('any') : t(`groups.${state}`) })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <StateLines />
      </Menu.Dropdown>
    </Menu>
  );
}

/** A menu has only words for values: the empty one stands for "any". */
const ANY = '';

function StateLines() {
  const { t } = useTranslation('machines');
  const { state } = useFilter();
  return (
    <Menu.RadioGroup
      value={state ?? ANY}
      onChange={(value) => setFilter({ state: STATE_GROUPS.find((group) => group === value) ?? null })}
    >
      <Menu.RadioItem value={ANY} closeMenuOnClick>
        {t('any')}
      </Menu.RadioItem>
      {STATE_GROUPS.map((group) => (
        <Menu.RadioItem key={group} value={group} closeMenuOnClick>
          {t(`groups.${group}`)}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

function HostFilter() {
  const { t } = useTranslation('machines');
  const hosts = useHosts();
  const { host } = useFilter();
  const chosen = hosts.find((one) => one.id === host);
  if (hosts.length < 2) return null;
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={classes['choice'] ?? ''}
          data-on={host !== null || undefined}
          rightSection={<IconChevronDown size={14} />}
        >
          {t('hostFilter', { value: chosen?.name ?? t('any') })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflow: 'auto' }}>
        <HostLines />
      </Menu.Dropdown>
    </Menu>
  );
}

function HostLines() {
  const { t } = useTranslation('machines');
  const hosts = useHosts();
  const { host } = useFilter();
  return (
    <Menu.RadioGroup
      value={host ?? ANY}
      onChange={(value) => setFilter({ host: value === ANY ? null : value })}
    >
      {[{ id: ANY, name: t('any') }, ...hosts].map(({ id, name }) => (
        <Menu.RadioItem key={id} value={id} closeMenuOnClick>
          {name}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

/** Both choices behind one button, where the list is too narrow for two. */
function CompactFilter() {
  const { t } = useTranslation('machines');
  const { state, host } = useFilter();
  const hasChoice = useHosts().length > 1;
  const on = state !== null || host !== null;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          className={classes['compact'] ?? ''}
          data-on={on || undefined}
          aria-label={t('filters')}
          title={t('filters')}
        >
          <IconFilter size={16} stroke={1.75} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={440} style={{ overflow: 'auto' }}>
        <Menu.Label>{t('column.state')}</Menu.Label>
        <StateLines />
        {hasChoice && (
          <>
            <Menu.Label>{t('column.host')}</Menu.Label>
            <HostLines />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function ColumnChooser({ noRoom }: { noRoom: readonly ColumnId[] }) {
  const { t } = useTranslation('machines');
  const hidden = useUi('hiddenColumns');
  const shown = useUi('shownColumns');
  const toggle = (id: string, optional: boolean): void => {
    const list = optional ? shown : hidden;
    const next = list.includes(id) ? list.filter((one) => one !== id) : [...list, id];
    setUi(optional ? { shownColumns: next } : { hiddenColumns: next });
  };
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t('columns')} title={t('columns')}>
          <IconColumns3 size={16} stroke={1.75} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {COLUMNS.filter(({ id }) => !FIXED_COLUMNS.includes(id)).map(({ id, optional = false }) => {
          const on = optional ? shown.includes(id) : !hidden.includes(id);
          return (
            <Menu.CheckboxItem
              key={id}
              checked={on}
              rightSection={
                noRoom.includes(id) && (
                  <span className={`muted tiny ${classes['noRoom']}`}>{t('noRoom')}</span>
                )
              }
              onChange={() => toggle(id, optional)}
            >
              {t(`column.${id}`)}
            </Menu.CheckboxItem>
          );
        })}
        <Menu.Divider />
        <Menu.Item onClick={() => setUi({ hiddenColumns: [], shownColumns: [] })}>
          {t('resetColumns')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
