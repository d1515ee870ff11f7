import { useState } from 'react';
import type { Host, Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import type { SourceQuestion } from '../../../main/contract/p2v-source.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useHosts } from '../../state/inventory.ts';
import { useSourceQuestions } from '../../state/source-questions.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { HostKeyQuestion } from './host-key-question.tsx';
import { SecretsQuestion, useSecretsTitle } from './secrets-question.tsx';
import { useTranslation } from 'react-i18next';

/** Over every other dialog: the other one may be what waits for the answer. */
const ON_TOP = 400;

/** Who asks, and where the answer goes. */
interface Asking {
  readonly name: string;
  readonly prompt: Prompt;
  readonly answer: (given: PromptAnswer) => Promise<unknown>;
  /** Names a key file instead; null: where the machine was named. */
  readonly toKeyFile: (() => void) | null;
}

/** The first question that a host asks, or a machine that is to be copied. Questions of several come one after another. */
export function PromptDialog() {
  const host = useHosts().find(({ prompt }) => prompt !== null);
  const [source] = useSourceQuestions();
  const asking = host?.prompt == null ? ofSource(source) : ofHost(host, host.prompt);
  return asking === null ? null : <Question key={asking.prompt.id} {...asking} />;
}

function ofHost({ id, name }: Host, prompt: Prompt): Asking {
  return {
    name,
    prompt,
    answer: (answer) => api.host.answer({ id, promptId: prompt.id, answer }),
    toKeyFile: () => openDialog({ kind: 'editHost', id, more: true }),
  };
}

function ofSource(question: SourceQuestion | undefined): Asking | null {
  if (question === undefined) return null;
  const { source, prompt } = question;
  const answer = (given: PromptAnswer): Promise<unknown> =>
    api.p2v.answer({ promptId: prompt.id, answer: given });
  return { name: source, prompt, answer, toKeyFile: null };
}

function Question({ name, prompt, answer, toKeyFile }: Asking) {
  const { t } = useTranslation('hosts');
  const secretsTitle = useSecretsTitle();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const give = (given: PromptAnswer, then: () => void = () => undefined): void => {
    setBusy(true);
    answer(given).then(then, (error: unknown) => {
      setFailure(failureOf(error));
      setBusy(false);
    });
  };
  const title = prompt.kind === 'hostKey' ? t('hostKey.title', { name }) : secretsTitle(prompt, name);
  return (
    <Dialog title={title} size={480} zIndex={ON_TOP} onClose={() => give({ kind: 'cancel' })}>
      {prompt.kind === 'hostKey' ? (
        <HostKeyQuestion prompt={prompt} busy={busy} onAnswer={give} />
      ) : (
        <SecretsQuestion
          prompt={prompt}
          name={name}
          busy={busy}
          onAnswer={give}
          onKeyFile={toKeyFile === null ? null : () => give({ kind: 'cancel' }, toKeyFile)}
        />
      )}
      {failure !== null && <FailureView failure={failure} />}
    </Dialog>
  );
}
