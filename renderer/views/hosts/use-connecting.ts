import { useState } from 'react';
import type { Failure } from '../../../main/contract/failure.ts';
import type { HostInput } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';

/** Adding a host in two steps: it is saved, and then it connects (the inventory tells how that goes). */
export interface Adding {
  /** The saved host's id, once there is one. */
  readonly id: string | null;
  readonly busy: boolean;
  /** Why it was not saved. */
  readonly failure: Failure | null;
  readonly add: (input: HostInput) => Promise<void>;
}

export function useAdding(): Adding {
  const [id, setId] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const add = async (input: HostInput): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const saved = await api.host.add(input);
      setId(saved.id);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { id, busy, failure, add };
}
