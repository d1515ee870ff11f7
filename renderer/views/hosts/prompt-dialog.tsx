import { useState } from 'react';
import type { Host, Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useHosts } from '../../state/inventory.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { HostKeyQuestion } from './host-key-question.tsx';
import { SecretsQuestion, useSecretsTitle } from './secrets-question.tsx';
import { useTranslation } from 'react-i18next';

/** Over every other dialog: the other one may be what waits for the answer. */
const ON_TOP = 400;

/** The first question that a host asks. Questions of several hosts come one after another. */
export function PromptDialog() {
  const asking = useHosts().find((host) => host.prompt !== null);
  if (asking?.prompt == null) return null;
  return <Question key={asking.prompt.id} host={asking} prompt={asking.prompt} />;
}

function Question({ host, prompt }: { host: Host; prompt: Prompt }) {
  const { t } = useTranslation('hosts');
  const secretsTitle = useSecretsTitle();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const answer = (given: PromptAnswer): void => {
    setBusy(true);
    api.host.answer({ id: host.id, promptId: prompt.id, answer: given }).catch((error: unknown) => {
      setFailure(failureOf(error));
      setBusy(false);
    });
  };
  const toKeyFile = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.host.answer({ id: host.id, promptId: prompt.id, answer: { kind: 'cancel' } });
      openDialog({ kind: 'editHost', id: host.id, more: true });
    } catch (error) {
      setFailure(failureOf(error));
      setBusy(false);
    }
  };
  const title =
    prompt.kind === 'hostKey' ? t('hostKey.title', { name: host.name }) : secretsTitle(prompt, host.name);
  return (
    <Dialog title={title} size={480} zIndex={ON_TOP} onClose={() => answer({ kind: 'cancel' })}>
      {prompt.kind === 'hostKey' ? (
        <HostKeyQuestion prompt={prompt} busy={busy} onAnswer={answer} />
      ) : (
        <SecretsQuestion
          prompt={prompt}
          name={host.name}
          busy={busy}
          onAnswer={answer}
          onKeyFile={() => void toKeyFile()}
        />
      )}
      {failure !== null && <FailureView failure={failure} />}
    </Dialog>
  );
}
