import { Button, TagsInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { MAX_TAGS, tagsProblem } from '../../../../main/contract/tags.ts';
import { api } from '../../../api/client.ts';
import { useHost } from '../../../state/inventory.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { TAG_ENDS, TagList } from '../../../ui/tags.tsx';
import { SubmitForm } from '../../storage/submit-form.tsx';
import classes from './overview.module.css';

/** The words that a person put on a machine, and the door to change them. */
export function Tags({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const { host, name, tags } = domain;
  const [changing, setChanging] = useState(false);
  const connected = useHost(host)?.state === 'connected';
  return (
    <span className={classes['tagLine']}>
      {tags === undefined || tags.length === 0 ? (
        <span className="faint">{t('tags.none')}</span>
      ) : (
        <TagList tags={tags} />
      )}
      <Button
        size="compact-xs"
        variant="subtle"
        disabled={!connected || tags === undefined}
        aria-label={t('tags.changeOf', { name })}
        onClick={() => setChanging(true)}
      >
        {t('tags.change')}
      </Button>
      {changing && <TagsDialog domain={domain} onClose={() => setChanging(false)} />}
    </span>
  );
}

function TagsDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { t } = useTranslation(['machine', 'common']);
  const { host, uuid, name } = domain;
  const [tags, setTags] = useState<string[]>(() => [...(domain.tags ?? [])]);
  const problem = tagsProblem(tags);
  return (
    <Dialog title={t('machine:tags.title', { name })} size={460} onClose={onClose}>
      <SubmitForm
        verb={t('common:save')}
        ready={problem === null}
        work={() => api.domain.setTags({ host, uuid, tags })}
        onClose={onClose}
      >
        <TagsInput
          size="xs"
          data-autofocus
          label={t('machine:fact.tags')}
          description={t('machine:tags.help')}
          value={tags}
          maxTags={MAX_TAGS}
          splitChars={TAG_ENDS}
          error={problem}
          onChange={setTags}
        />
      </SubmitForm>
    </Dialog>
  );
}
