import { eventIterator } from '@orpc/contract';
import * as z from './zod.ts';
import { activityMessage, job } from './activity.ts';
import { appInfo, notice, preferences } from './app.ts';
import { balancerMethods } from './balancer-methods.ts';
import { cloneMethods } from './clone-methods.ts';
import { consoleOpenInput, consoleOpened, screenshot, screenshotInput } from './console.ts';
import { createMethods } from './create-methods.ts';
import { deletionPlan, domain, domainDetail, domainRef, shownLosses, tagsChange } from './domain.ts';
import { history, historyInput, sparklines, sparklinesInput, statsTick, statsWatchInput } from './figures.ts';
import { host, hostInput, hostSuggestion, promptAnswer, savedHost } from './host.ts';
import { inventoryMessage } from './inventory.ts';
import { method, nothing } from './method.ts';
import { migrateMethods } from './migrate-methods.ts';
import { networkMethods } from './network-methods.ts';
import { p2vMethods } from './p2v-methods.ts';
import { storageMethods } from './storage-methods.ts';
import { templateMethods } from './template-methods.ts';

const hostRef = z.object({ id: z.string().max(200) });
/** An action on one machine that answers when the host has accepted it; what it does to the machine arrives as an inventory patch. */
const action = method.input(domainRef).output(nothing);

/** Every method and every stream of events, once. Names: the noun, then the verb; libvirt's own words. */
export const contract = {
  app: {
    info: method.output(appInfo),
    preferences: method.output(preferences),
    setPreferences: method.input(preferences.partial()).output(preferences),
    /** All notices so far, at once and after each new one. */
    notices: method.output(eventIterator(z.array(notice))),
  },
  host: {
    list: method.output(z.array(host)),
    /** Lines to offer while a target is typed. */
    suggest: method.input(z.object({ text: z.string().max(1024) })).output(z.array(hostSuggestion)),
    /**
     * Saves a host and starts to connect. `trial`: saves it only when it was reached. Fails with BAD_INPUT when the target cannot be
     * understood.
     */
    add: method.input(hostInput.extend({ trial: z.boolean().optional() })).output(savedHost),
    /** Saves a host that is on trial, reached or not. */
    keep: method.input(hostRef).output(nothing),
    saved: method.input(hostRef).output(savedHost),
    update: method.input(hostInput.partial().extend({ id: z.string() })).output(savedHost),
    remove: method.input(hostRef).output(nothing),
    connect: method.input(hostRef).output(nothing),
    disconnect: method.input(hostRef).output(nothing),
    answer: method
      .input(z.object({ id: z.string(), promptId: z.string(), answer: promptAnswer }))
      .output(nothing),
    /** Adds the demo fleet's three hosts (not saved) and connects them. */
    openDemo: method.output(z.array(z.string())),
    closeDemo: method.output(nothing),
  },
  inventory: {
    watch: method
      .input(z.object({ sinceSeq: z.number().int().optional() }))
      .output(eventIterator(inventoryMessage)),
  },
  domain: {
    list: method.input(z.object({ host: z.string().optional() })).output(z.array(domain)),
    get: method.input(domainRef).output(domainDetail),
    /** The XML; `inactive`: the definition for the next start. Passwords in it are left out. */
    xml: method.input(domainRef.extend({ inactive: z.boolean().optional() })).output(z.string()),
    start: method.input(domainRef.extend({ paused: z.boolean().optional() })).output(nothing),
    shutdown: method.input(domainRef.extend({ mode: z.enum(['acpi', 'agent']).optional() })).output(nothing),
    reboot: method.input(domainRef.extend({ mode: z.enum(['acpi', 'agent']).optional() })).output(nothing),
    reset: action,
    /** Force off: power is cut. */
    destroy: action,
    suspend: action,
    /**
     * Lets paused vCPUs run. What a migration paused may run where it was going, which libvirt does not tell: `movedTo` is that host, and is
     * asked, as all others are.
     */
    resume: method.input(domainRef.extend({ movedTo: z.string().max(200).optional() })).output(nothing),
    /** Saves the state to disk and stops (virDomainManagedSave). A job: answers with its id. */
    save: method.input(domainRef).output(z.object({ job: z.string() })),
    /** Starts from the saved state. A job. */
    restore: method.input(domainRef).output(z.object({ job: z.string() })),
    discardSaved: action,
    setAutostart: method.input(domainRef.extend({ autostart: z.boolean() })).output(nothing),
    /** In its definition, and in what runs by it. */
    setTags: method.input(tagsChange).output(nothing),
    deletionPlan: method.input(domainRef).output(deletionPlan),
    /**
     * Deletes the definition and the volumes named by the plan's keys. A job. `shown`: what the plan told is lost with the definition; when
     * it is more by now, nothing is deleted (CONFLICT).
     */
    delete: method
      .input(
        domainRef.extend({
          volumes: z.array(z.string()).max(256),
          force: z.boolean().optional(),
          shown: shownLosses,
        }),
      )
      .output(z.object({ job: z.string() })),
    screenshot: method.input(screenshotInput).output(screenshot),
    /** Takes what is in a CD or floppy drive out of it, now and for later starts. */
    eject: method.input(domainRef.extend({ target: z.string().max(64) })).output(nothing),
    /**
     * Takes the CD of its first boot (`domainDetail.seed`) out of its drive and deletes it. It is kept where others need it (`usedBy`), where
     * it has no name of this machine's, and where it is in no pool or cannot be seen whether something needs it.
     */
    removeSeed: method
      .input(domainRef)
      .output(z.object({ usedBy: z.array(z.string()), deleted: z.boolean() })),
  },
  stats: {
    watch: method.input(statsWatchInput).output(eventIterator(statsTick)),
    history: method.input(historyInput).output(history),
    sparklines: method.input(sparklinesInput).output(sparklines),
  },
  console: {
    open: method.input(consoleOpenInput).output(consoleOpened),
  },
  ...storageMethods,
  ...networkMethods,
  ...createMethods,
  ...cloneMethods,
  ...templateMethods,
  ...balancerMethods,
  ...migrateMethods,
  ...p2vMethods,
  activity: {
    watch: method.output(eventIterator(activityMessage)),
    cancelJob: method.input(z.object({ job: z.string() })).output(nothing),
    /**
     * Jobs whose program died, each `interrupted`, as the folder of the journals has them now: of a core that does not look for them by
     * itself, as that of a single command. Nothing of them is begun by it. After them those that another program works on (`elsewhere`),
     * `running` or `undoing`, with what their journals tell.
     */
    leftJobs: method.output(z.array(job)),
    /**
     * What a person chose for a job that is `interrupted`. It is refused while a host is away that is needed to go on: a step that cannot be
     * begun would have all of it taken back.
     */
    resumeJob: method.input(z.object({ job: z.string(), choice: z.enum(['goOn', 'undo']) })).output(nothing),
  },
};

export type Contract = typeof contract;
