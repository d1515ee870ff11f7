import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../main/contract/contract.ts';
import { link } from './connection.ts';

/**
 * The contract as a typed client: `await api.domain.start({ host, uuid })`. Rejections are read by `failureOf`. A call made while the
 * connection is away waits for it; one that was under way when it went rejects with LINK_LOST.
 */
export const api: ContractRouterClient<Contract> = createORPCClient(link);
