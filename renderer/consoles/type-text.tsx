import { Button, Popover, Select, Textarea } from '@mantine/core';
import { IconKeyboard } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './consoles.module.css';
import { LAYOUT_NAMES, type LayoutName } from './layouts.ts';
import { characters, untypable } from './typing.ts';

export interface TypeTextProps {
  readonly disabled: boolean;
  readonly onType: (
    text: string,
    layout: LayoutName,
    options: { signal: AbortSignal; progress: (done: number) => void },
  ) => Promise<void>;
}

/** A text box whose text is typed into the guest by key strokes: a clipboard for guests that have none. */
export function TypeText({ disabled, onType }: TypeTextProps) {
  const { t } = useTranslation('console');
  const [open, setOpen] = useState(false);
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      withinPortal={false}
      trapFocus
      position="bottom-end"
      width={360}
    >
      <Popover.Target>
        <Button
          size="compact-sm"
          disabled={disabled}
          leftSection={<IconKeyboard size={15} stroke={1.75} />}
          onClick={() => setOpen(!open)}
          aria-label={t('type.menu')}
          title={t('type.menu')}
        >
          <span className={classes['wide']}>{t('type.menu')}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TypeForm onType={onType} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

/** The layout last chosen, for the next text. */
let lastLayout: LayoutName = 'us';

function TypeForm({ onType, onDone }: { onType: TypeTextProps['onType']; onDone: () => void }) {
  const { t } = useTranslation('console');
  const [text, setText] = useState('');
  const [layout, setLayout] = useState(lastLayout);
  const [done, setDone] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const missing = untypable(text, layout);
  const send = async (): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setDone(0);
    await onType(text, layout, { signal: controller.signal, progress: setDone });
    setDone(null);
    if (!controller.signal.aborted) onDone();
  };
  return (
    <form
      className={classes['typeForm']}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Textarea
        label={t('type.label')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        rows={4}
        maxLength={10_000}
        spellCheck={false}
        autoComplete="off"
        disabled={done !== null}
        data-autofocus
        size="xs"
      />
      <p>{t('type.hint')}</p>
      <Select
        label={t('type.layout')}
        value={layout}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        data={LAYOUT_NAMES.map((value) => ({ value, label: t(`type.layouts.${value}`) }))}
        onChange={(value) => {
          const chosen = LAYOUT_NAMES.find((name) => name === value);
          if (chosen === undefined) return;
          lastLayout = chosen;
          setLayout(chosen);
        }}
      />
      {missing.length > 0 && (
        <p className={classes['warn']}>{t('type.cannot', { characters: missing.slice(0, 20).join(' ') })}</p>
      )}
      <div className={classes['typeButtons']}>
        {done === null ? (
          <Button type="submit" variant="filled" disabled={text === ''}>
            {t('type.send')}
          </Button>
        ) : (
          <>
            <span>{t('type.progress', { done, total: characters(text).length })}</span>
            <Button onClick={() => running.current?.abort()}>{t('type.stop')}</Button>
          </>
        )}
      </div>
    </form>
  );
}
