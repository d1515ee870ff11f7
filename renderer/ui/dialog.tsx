import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useReturnFocus } from './landing.ts';
import { useIsTopLayer } from './layers.ts';
import classes from './dialog.module.css';

/** A dialog of this app's measures: title, content, and a row of buttons on the right. Unmounting it closes it. */
export function Dialog({
  title,
  size = 440,
  onClose,
  zIndex,
  children,
}: {
  title: ReactNode;
  size?: number;
  onClose: () => void;
  zIndex?: number;
  children: ReactNode;
}) {
  const { t } = useTranslation('common');
  useReturnFocus();
  const onTop = useIsTopLayer(zIndex ?? 0);
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnEscape={onTop}
      title={title}
      size={size}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': t('close') }}
      classNames={{
        header: classes['header'] ?? '',
        title: classes['title'] ?? '',
        body: classes['body'] ?? '',
        content: classes['content'] ?? '',
      }}
      // Over another dialog the window is dark already.
      {...(zIndex === undefined ? {} : { zIndex, overlayProps: { backgroundOpacity: 0.25 } })}
    >
      {children}
    </Modal>
  );
}

/** The last row of a dialog; the button that does it stands at the right. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className={classes['buttons']}>{children}</div>;
}
