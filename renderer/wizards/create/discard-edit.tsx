import { Button, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import type { CreateForm } from './form.ts';
import { changedSinceXml } from './use-xml.ts';

/** Over the sheet, which is a dialog itself. */
const ABOVE = 400;

/** Gives up edited XML. What was said in the fields after the edit goes with it: that is asked first. */
export function DiscardEdit(props: { form: CreateForm; size: ButtonProps['size']; onDiscard: () => void }) {
  const { form, size, onDiscard } = props;
  const { t } = useTranslation(['create', 'common']);
  const [asked, setAsked] = useState(false);
  const lost = changedSinceXml(form);
  return (
    <>
      <Button size={size ?? 'sm'} onClick={lost.length === 0 ? onDiscard : () => setAsked(true)}>
        {t('create:xml.discard')}
      </Button>
      {asked && (
        <Dialog title={t('create:xml.discardTitle')} zIndex={ABOVE} onClose={() => setAsked(false)}>
          <p style={{ margin: 0 }}>
            {t('create:xml.discardText', {
              sections: lost.map((section) => t(`create:section.${section}`)).join(', '),
            })}
          </p>
          <DialogButtons>
            <Button onClick={() => setAsked(false)}>{t('common:cancel')}</Button>
            <Button
              variant="filled"
              color="bad"
              data-autofocus
              onClick={() => {
                setAsked(false);
                onDiscard();
              }}
            >
              {t('create:xml.discard')}
            </Button>
          </DialogButtons>
        </Dialog>
      )}
    </>
  );
}
