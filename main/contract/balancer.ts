import * as z from './zod.ts';
import { addressView } from './domain.ts';

/** A machine that a load balancer stands in front of, or an address that is none of a machine known here. */
export const backend = z
  .object({
    /** UUID of a machine, on whichever host it is; null: an address alone. */
    machine: z.string().max(64).nullable(),
    /** As it was called when it was chosen; left out or null: as it is called now. */
    name: z.string().max(128).nullable().optional(),
    port: z.number().int().min(1).max(65_535),
    /** IPv4, as Traffic Server's parent.config takes no other; null: the machine's own, as it is found. */
    address: z.ipv4().nullable(),
  })
  .refine(({ machine, address }) => machine !== null || address !== null, {
    message: 'A back end is a machine or an address.',
  });
export type Backend = z.infer<typeof backend>;

export const backends = z.array(backend).max(64);

/** A back end as it is found now. */
export const backendView = z.object({
  machine: z.string().nullable(),
  name: z.string(),
  /** Id of the host that has the machine; null: it is no machine, or not known. */
  host: z.string().nullable(),
  port: z.number().int(),
  /** What was typed in place of the machine's own. */
  typed: z.string().nullable(),
  /** Null: it has none now, and is left out. */
  address: z.string().nullable(),
  /** Who told the address; null: it was typed, or there is none. */
  source: addressView.shape.source.nullable(),
  /** Why it has none: its host is away, or it was deleted; it is off; nothing tells it. */
  missing: z.enum(['unknown', 'off', 'noAddress']).nullable(),
});
export type BackendView = z.infer<typeof backendView>;

export const configLine = z.object({ kind: z.enum(['same', 'added', 'removed']), text: z.string() });
export type ConfigLine = z.infer<typeof configLine>;

/** What a load balancer's machine is told, and what it has to be told. */
export const balancerView = z.object({
  backends: z.array(backendView),
  /** Why its files cannot be read or written through the guest agent; null: they can. */
  noAgent: z.string().nullable(),
  files: z.array(
    z.object({
      path: z.string(),
      /** Null: it is not there, or was not read. */
      now: z.string().nullable(),
      /** The whole file; where it was not read, the lines of Virtlane alone. */
      wanted: z.string(),
      lines: z.array(configLine),
    }),
  ),
  /** Why nothing can be written, whatever the agent says; null: it can. */
  problem: z.string().nullable(),
  warnings: z.array(z.string()),
  /** What `balancer.sync` takes: the change that was shown. Null: there is nothing to write, or it cannot be. */
  change: z.string().nullable(),
});
export type BalancerView = z.infer<typeof balancerView>;

export const balancerSynced = z.object({
  /** Paths. */
  written: z.array(z.string()),
  /** Whether Traffic Server took them: what `traffic_ctl config reload` said. */
  reload: z.object({ done: z.boolean(), said: z.string() }),
});
export type BalancerSynced = z.infer<typeof balancerSynced>;
