import * as z from './zod.ts';
import { domain } from './domain.ts';
import { host } from './host.ts';

/** One change of the inventory; it carries the new value itself, so nobody has to ask again. */
export const inventoryChange = z.discriminatedUnion('type', [
  z.object({ type: z.literal('host'), host }),
  z.object({ type: z.literal('hostRemoved'), id: z.string() }),
  /** All machines of a host, in place of what was known of it. */
  z.object({ type: z.literal('domains'), host: z.string(), domains: z.array(domain) }),
  z.object({ type: z.literal('domain'), domain }),
  z.object({ type: z.literal('domainRemoved'), host: z.string(), uuid: z.string() }),
]);
export type InventoryChange = z.infer<typeof inventoryChange>;

/** First a snapshot, then patches in the order of `seq`, without holes. */
export const inventoryMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    seq: z.number().int(),
    hosts: z.array(host),
    domains: z.array(domain),
  }),
  z.object({ type: z.literal('patch'), seq: z.number().int(), changes: z.array(inventoryChange) }),
]);
export type InventoryMessage = z.infer<typeof inventoryMessage>;
