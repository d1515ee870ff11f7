import type { Services } from './services.ts';

/** Where the machines of a round live, kept right before each goes; `uri`: of the host that they leave. */
export function leavingHome(
  {
    homes,
    workflows,
  }: {
    readonly homes: Pick<Services['homes'], 'leave' | 'forget'>;
    readonly workflows: Pick<Services['workflows'], 'open'>;
  },
  uri: string,
) {
  /** Those that live there: what was away already keeps the home that it had. */
  const left = new Set<string>();
  return {
    leaves: async (uuid: string): Promise<void> => {
      if (await homes.leave(uuid, uri)) left.add(uuid);
    },
    /** One of them did not go by this round. */
    stayed: async (uuid: string): Promise<void> => {
      if (!left.delete(uuid)) return;
      // Another program that began it in between found its home kept already, and needs it.
      if ((await workflows.open('migrate', uuid)) === null) await homes.forget(new Set([uuid]));
    },
  };
}

/** One that is at home, and has just been given up there, lives elsewhere from now on. Where that cannot be written its move goes on, and says so. */
export async function livesElsewhere(
  homes: Pick<Services['homes'], 'of' | 'forget'>,
  left: {
    readonly uuid: string;
    readonly name: string;
    readonly host: { readonly name: string; readonly uri: string };
  },
  job: { readonly log: (text: string, as?: 'remark') => void },
): Promise<void> {
  const { uuid, name, host } = left;
  try {
    if ((await homes.of(host.uri)).includes(uuid)) await homes.forget(new Set([uuid]));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    job.log(
      `${name} may still be offered to be brought home to ${host.name}, as it could not be written down that it lives elsewhere now: ${why}`,
      'remark',
    );
  }
}
