import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeletableVolume, Domain, DomainDetail } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useAnswer } from '../../../ui/use-answer.ts';
import { SubmitForm } from '../../storage/submit-form.tsx';
import classes from './overview.module.css';

interface SeedProps {
  readonly domain: Domain;
  readonly seed: NonNullable<DomainDetail['seed']>;
  readonly onRemoved: () => void;
}

/** The CD of the first boot holds hashes of passwords, and is of no use afterwards. */
export function SeedNote(props: SeedProps) {
  const { t } = useTranslation('machine');
  const [asked, setAsked] = useState(false);
  return (
    <div className={classes['seed']} role="note">
      <span>{t('seed.there', { file: fileOf(props.seed) })}</span>
      <Button size="compact-xs" onClick={() => setAsked(true)}>
        {t('seed.remove')}
      </Button>
      {asked && <SeedDialog {...props} onClose={() => setAsked(false)} />}
    </div>
  );
}

function SeedDialog({ domain, seed, onRemoved, onClose }: SeedProps & { readonly onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const { host, uuid } = domain;
  const { path } = seed;
  const file = fileOf(seed);
  // Machines made from it by hand, or by an older version, may have the same CD.
  const plan = useAnswer((signal) => api.domain.deletionPlan({ host, uuid }, { signal }), {
    subject: `${host} ${uuid}`,
  });
  const { usedBy = [], keep = 'notInPool' } =
    plan.value?.volumes.find((volume) => volume.path === path) ?? {};
  const goes = keep === null;
  const remove = async (): Promise<void> => {
    const { usedBy: users, deleted } = await api.domain.removeSeed({ host, uuid });
    // Not shown before: somebody has come to need it in between.
    if (goes && !deleted)
      notifications.show({
        message: t(users.length > 0 ? 'seed.kept' : 'seed.keptUnsure', { file, users: users.join(', ') }),
      });
    onRemoved();
  };
  return (
    <Dialog title={t('seed.title', { file })} onClose={onClose}>
      <SubmitForm
        verb={t(goes ? 'seed.do' : 'seed.takeOut')}
        ready={!plan.loading}
        dangerous={goes}
        work={remove}
        onClose={onClose}
      >
        {plan.failure !== null && <FailureView failure={plan.failure} />}
        <p style={{ margin: 0 }}>
          {plan.loading ? t('seed.looking') : t(textOf(keep), { path, users: usedBy.join(', ') })}
        </p>
      </SubmitForm>
    </Dialog>
  );
}

/** What becomes of the file. */
function textOf(keep: DeletableVolume['keep']) {
  switch (keep) {
    case null:
      return 'seed.text';
    case 'usedByOther':
    case 'backing':
      return 'seed.textShared';
    case 'notInPool':
      return 'seed.textNotInPool';
    case 'readonly':
    case 'shareable':
      return 'seed.textNotMade';
    case 'unseen':
      return 'seed.textUnseen';
  }
}

function fileOf({ path }: SeedProps['seed']): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
