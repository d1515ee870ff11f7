import { useState } from 'react';
import type { Failure } from '../../../main/contract/failure.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { inventory } from '../../state/inventory.ts';

/** The fields of a host's form; an empty name or key file is none. */
export interface HostFields {
  target: string;
  name: string;
  keyFile: string;
  connectAtStart: boolean;
  setBalloonPeriod: boolean;
}

/**
 * Adding a host: it is on trial while it connects (the inventory tells how that goes), and is saved when it was reached or a person says
 * so. Until then it can be dropped without a trace.
 */
export interface Adding {
  /** The host's id, once it is on trial. */
  readonly id: string | null;
  /** What was tried last. */
  readonly input: HostFields | null;
  readonly busy: boolean;
  /** Why it was not even tried. */
  readonly failure: Failure | null;
  readonly add: (input: HostFields) => Promise<void>;
  /** Forgets the host unless it is saved, and goes back to the form. */
  readonly drop: () => void;
}

export function useAdding(): Adding {
  const [id, setId] = useState<string | null>(null);
  const [input, setInput] = useState<HostFields | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const add = async (wanted: HostFields): Promise<void> => {
    setBusy(true);
    setFailure(null);
    setInput(wanted);
    try {
      const { id: added } = await api.host.add({ ...wanted, trial: true });
      setId(added);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  const drop = (): void => {
    setId(null);
    if (id !== null) dropTrial(id);
  };
  return { id, input, busy, failure, add, drop };
}

/** Forgets a host that is not saved. */
export function dropTrial(id: string): void {
  const host = inventory.hosts.get().find((one) => one.id === id);
  // It may have gone already, or been reached in this moment.
  if (host?.trial === true) api.host.remove({ id }).catch(() => undefined);
}
