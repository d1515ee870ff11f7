import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, DomainDetail } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { SubmitForm } from '../../storage/submit-form.tsx';
import classes from './overview.module.css';

/** The CD of the first boot holds hashes of passwords, and is of no use afterwards. */
export function SeedNote(props: {
  domain: Domain;
  seed: NonNullable<DomainDetail['seed']>;
  onRemoved: () => void;
}) {
  const { domain, seed, onRemoved } = props;
  const { t } = useTranslation('machine');
  const [asked, setAsked] = useState(false);
  const file = seed.path.slice(seed.path.lastIndexOf('/') + 1);
  const { host, uuid } = domain;
  return (
    <div className={classes['seed']} role="note">
      <span>{t('seed.there', { file })}</span>
      <Button size="compact-xs" onClick={() => setAsked(true)}>
        {t('seed.remove')}
      </Button>
      {asked && (
        <Dialog title={t('seed.title', { file })} onClose={() => setAsked(false)}>
          <SubmitForm
            verb={t('seed.do')}
            ready
            dangerous
            work={async () => {
              await api.domain.removeSeed({ host, uuid });
              onRemoved();
            }}
            onClose={() => setAsked(false)}
          >
            <p style={{ margin: 0 }}>{t('seed.text', { path: seed.path })}</p>
          </SubmitForm>
        </Dialog>
      )}
    </div>
  );
}
