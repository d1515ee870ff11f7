import { MantineThemeProvider, Modal, type MantineThemeOverride } from '@mantine/core';
import { useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../main/contract/failure.ts';
import { FailureView } from './failure-view.tsx';
import { useIsTopLayer } from './layers.ts';
import { useClearOfNotices } from './notice-place.ts';
import classes from './sheet-frame.module.css';

/** Help stands below its field, so that fields beside each other are in line. */
const FIELDS: MantineThemeOverride = {
  components: {
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
  },
};

/** The window of a sheet: a form with what will come of it. It stays the same when the form becomes a job. */
export function SheetFrame(props: {
  title: string;
  /** Its width, where there is room. */
  size?: number;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation('common');
  const onTop = useIsTopLayer(0);
  return (
    <Modal
      opened
      onClose={props.onClose}
      closeOnEscape={onTop}
      title={props.title}
      size={`max(${props.size ?? 1280}px, 50vw)`}
      padding={0}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': t('close') }}
      classNames={{
        header: classes['header'] ?? '',
        body: classes['body'] ?? '',
        content: classes['sheet'] ?? '',
        inner: classes['inner'] ?? '',
      }}
    >
      <MantineThemeProvider inherit theme={FIELDS}>
        {props.children}
      </MantineThemeProvider>
    </Modal>
  );
}

/** What stands below a sheet's form: its buttons, and above them what the last one failed with. */
export function SheetFooter({ failure = null, children }: { failure?: Failure | null; children: ReactNode }) {
  const footer = useRef<HTMLDivElement>(null);
  useClearOfNotices(footer);
  return (
    <div ref={footer} className={classes['footer']}>
      {failure !== null && (
        <div className={classes['footerFailure']}>
          <FailureView failure={failure} />
        </div>
      )}
      {children}
    </div>
  );
}
