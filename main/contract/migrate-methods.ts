import * as z from './zod.ts';
import { evacuateInput, evacuation, evacuationInput, guestAway } from './evacuate.ts';
import { method } from './method.ts';
import { migrateInput, migrateItem, migratePlan, migrateTuning } from './migrate.ts';

/** Methods of machines that go to another host. */
export const migrateMethods = {
  migrate: {
    /** What speaks for and against each host that is connected, beside the machine's own; nothing but reads. */
    check: method
      .input(z.object({ host: z.string().max(200), uuid: z.string().max(64) }))
      .output(z.array(z.object({ host: z.string(), items: z.array(migrateItem) }))),
    /** What `run` would do, and what stands against it. Changes nothing. */
    plan: method.input(migrateInput).output(migratePlan),
    /**
     * Moves the machine, as one job. Whatever fails, it is on one host and on that one alone; while a host is away that must be asked, the
     * job's state is `settling`. Tells what it does, as `plan` would now. Fails with BAD_INPUT where that has an item that stops it, and
     * with CONFLICT where a disk's way is another than was shown.
     */
    run: method.input(migrateInput).output(z.object({ job: z.string(), plan: migratePlan })),
    /**
     * Moves several machines, each as a job of its own, `atOnce` of them at a time between the same two hosts. Answers with a job that is
     * over when all of them are, and fails naming those that stayed; cancelled, it begins no more.
     */
    runMany: method
      .input(
        z.object({ moves: z.array(migrateInput).min(1).max(500), atOnce: z.number().int().min(1).max(20) }),
      )
      .output(z.object({ job: z.string() })),
    /** Where each machine of a host would go, were it emptied; nothing but reads. */
    evacuation: method.input(evacuationInput).output(evacuation),
    /**
     * Empties a host, as `runMany` does, and remembers of each machine that this is its home (`away`). Fails with BAD_INPUT for a move from
     * elsewhere.
     */
    evacuate: method.input(evacuateInput).output(z.object({ job: z.string() })),
    /** Machines whose home is a host, and that are on another one now, as far as their hosts are connected. */
    away: method.input(z.object({ host: z.string().max(200) })).output(z.array(guestAway)),
    /**
     * Changes the limits of a migration while its data goes; `host` is the one that the machine comes from. `disksKeep`: its disks are being copied, which
     * keep the speed that they began with, as libvirt changes it for the memory alone (qemuDomainMigrateSetMaxSpeed).
     */
    tune: method.input(migrateTuning).output(z.object({ disksKeep: z.boolean() })),
  },
};
