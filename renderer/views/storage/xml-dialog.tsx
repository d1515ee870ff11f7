import { Button, Skeleton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { useCopied } from '../../ui/copy.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useAnswer } from '../../ui/use-answer.ts';

/** The XML of a volume, or of the pool, as libvirt has it. */
export function XmlDialog({
  pool,
  volume,
  onClose,
}: {
  pool: Pool;
  volume: Volume | null;
  onClose: () => void;
}) {
  const { t } = useTranslation('common');
  const [copied, copy] = useCopied();
  const { host, uuid } = pool;
  const name = volume?.name ?? null;
  const { value, failure } = useAnswer(
    (signal) =>
      name === null
        ? api.pool.xml({ host, uuid }, { signal })
        : api.volume.xml({ host, uuid, name }, { signal }),
    { subject: `${host}/${uuid}/${name ?? ''}` },
  );
  return (
    <Dialog title={name ?? pool.name} size={720} onClose={onClose}>
      {failure !== null && <FailureView failure={failure} />}
      {value === null && failure === null && <Skeleton height={200} />}
      {value !== null && (
        <>
          <CodeBlock label="XML" text={value} maxHeight="60vh" />
          <DialogButtons>
            <Button
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={() => copy(value)}
            >
              {t(copied ? 'copied' : 'copy')}
            </Button>
          </DialogButtons>
        </>
      )}
    </Dialog>
  );
}
