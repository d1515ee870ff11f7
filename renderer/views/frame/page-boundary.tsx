import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureView } from '../../ui/failure-view.tsx';

/** A fault of one page leaves the frame, the other pages (each with a key of its own) and what runs in the core as they are. */
export class PageBoundary extends Component<
  { readonly children: ReactNode },
  { readonly fault: string | null }
> {
  override state = { fault: null };

  static getDerivedStateFromError(error: unknown): { fault: string } {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }

  override render(): ReactNode {
    return this.state.fault === null ? this.props.children : <Fault detail={this.state.fault} />;
  }
}

function Fault({ detail }: { detail: string }) {
  const { t } = useTranslation('frame');
  return (
    <>
      <h1 className="sr-only">{t('pageFault')}</h1>
      <FailureView failure={{ code: 'INTERNAL', message: t('pageFault'), detail }}>
        <Button size="compact-xs" onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      </FailureView>
    </>
  );
}
