import { eventIterator } from '@orpc/contract';
import * as z from './zod.ts';
import { method, nothing } from './method.ts';
import { networkEdited, networkMessage, networkRef, networkSpec, networkUser } from './network.ts';
import { startedJob } from './storage.ts';

const hostField = z.string().max(200);
/**
 * True: somebody has seen what `preview` has said, and wants it all the same. What would cut the host off from who manages it is refused
 * nevertheless.
 */
const despite = z.boolean().optional();

/** Methods of networks and filters of network cards. */
export const networkMethods = {
  network: {
    /**
     * `networks` at once, first without their users: those are read from all machines. Then `networks` with users, `interfaces`, `filters`,
     * `leases` of each network that gives some, and from then on what changes.
     */
    watch: method.input(z.object({ host: hostField })).output(eventIterator(networkMessage)),
    xml: method.input(networkRef.extend({ inactive: z.boolean().optional() })).output(z.string()),
    /**
     * The XML that `create` would define, and what stands against it (`192.168.122.0/24 is used by default`). Changes nothing. With the
     * UUID of a network: the XML that `edit` would define in its place, and what stands against the change.
     */
    preview: method
      .input(z.object({ host: hostField, spec: networkSpec, uuid: z.string().max(64).optional() }))
      .output(z.object({ xml: z.string(), problems: z.array(z.string()) })),
    /** Defines it, starts it, sets autostart; on failure nothing of it is left. What `preview` has problems with is refused (CONFLICT). */
    create: method
      .input(
        z.object({ host: hostField, spec: networkSpec, start: z.boolean(), autostart: z.boolean(), despite }),
      )
      .output(z.object({ uuid: z.string() })),
    /**
     * Changes the definition, and what runs where libvirt can (virNetworkUpdate). `base`: what `spec` was made from. What somebody else has
     * changed since is kept; where both have changed the same, it is refused (CONFLICT).
     */
    edit: method
      .input(networkRef.extend({ base: networkSpec, spec: networkSpec, despite }))
      .output(networkEdited),
    start: method.input(networkRef).output(nothing),
    /** Cuts the cards that are plugged into it off, until it is started and they are plugged in again. */
    stop: method.input(networkRef).output(nothing),
    /**
     * Stops and starts it, so that what waits for its next start takes effect, and plugs the cards of running machines in again: their links
     * go down for a moment. The job fails where it runs again and a card could not be plugged in.
     */
    restart: method.input(networkRef).output(startedJob),
    setAutostart: method.input(networkRef.extend({ autostart: z.boolean() })).output(nothing),
    loss: method.input(networkRef).output(z.object({ users: z.array(networkUser) })),
    delete: method.input(networkRef).output(nothing),
  },
  filter: {
    xml: method.input(networkRef).output(z.string()),
  },
};
