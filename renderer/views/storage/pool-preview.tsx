import { useDebouncedValue } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { PoolInput } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import classes from './pool-sheet.module.css';

const TYPING_MS = 200;
/** Stands in for a secret, which the XML does not show anyway. */
const HIDDEN = 'hidden';

/** The XML that would be defined, and what the host has against it. `input` null: too little is filled in. */
export function PoolPreview({ input }: { input: PoolInput | null }) {
  const { t } = useTranslation('storage');
  const text = input === null ? '' : JSON.stringify(withoutSecret(input));
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const { value, failure } = useAnswer(
    (signal) => api.pool.preview(JSON.parse(settled) as PoolInput, { signal }),
    { subject: 'preview', version: settled, enabled: settled !== '' },
  );
  const shown = text === '' ? null : value;
  return (
    <div className={classes['preview']}>
      <h3 className={classes['previewTitle']}>{t('pool.xml')}</h3>
      {text === '' && <p className={classes['previewNote']}>{t('pool.xmlLater')}</p>}
      {failure !== null && text !== '' && <FailureView failure={failure} />}
      {shown !== null && shown.problems.length > 0 && (
        <ul className={classes['problems']} role="status">
          {shown.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {shown !== null && <CodeBlock label={t('pool.xml')} text={shown.xml} />}
    </div>
  );
}

function withoutSecret(input: PoolInput): PoolInput {
  return input.auth === undefined ? input : { ...input, auth: { ...input.auth, secret: HIDDEN } };
}
