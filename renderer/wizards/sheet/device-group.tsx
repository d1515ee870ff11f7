import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Group } from './cards.tsx';
import classes from './cards.module.css';

/** One of several things of a kind, which can be taken out. */
export function DeviceGroup(props: {
  title: string;
  /** What the button that takes it out does, with its name. */
  removeLabel: string;
  onRemove: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation('create');
  return (
    <Group
      title={props.title}
      aside={
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconTrash size={13} />}
          aria-label={props.removeLabel}
          onClick={props.onRemove}
        >
          {t('sheet.remove')}
        </Button>
      }
    >
      {props.children}
    </Group>
  );
}

/** What is wrong with something that is no single field. */
export function Wrong({ said }: { said: string | null }) {
  if (said === null) return null;
  return (
    <p className={classes['wrong']} role="alert">
      {said}
    </p>
  );
}

/** Buttons below a list, which add to it. */
export function AddButtons({ children }: { children: ReactNode }) {
  return <div className={classes['buttons']}>{children}</div>;
}
