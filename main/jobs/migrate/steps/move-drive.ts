import { virDomainXMLFlags as XML } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import type { Clock } from '../../../hosts/clock.ts';
import { existing } from '../../create/steps/machine.ts';
import type { StepContext } from '../../engine/step.ts';
import type { Drive } from '../ports.ts';
import { postCopyAfter } from '../post-copy.ts';
import { watchMigration } from '../progress.ts';
import { watchTarget } from '../silent-target.ts';
import { Stall } from '../stall.ts';
import type { Turns } from '../turns.ts';
import { movesNothing, moveXml } from '../xml.ts';
import type { MoveParams } from './move-params.ts';

/** Read when the time has come: what it sends of definitions has their passwords. */
export async function driveOf(
  params: MoveParams,
  step: StepContext,
  { clock, wasPaused, looks }: { readonly clock: Clock; readonly wasPaused: boolean; readonly looks: Turns },
): Promise<Drive> {
  const { host, to, relayed, name, diskBytes, memoryBytes, downtimeMs } = params;
  const client = step.client(host);
  const dom = await existing(client, params);
  const [live, persistent] = await definitions(params, step, dom);
  const target = new TargetTold(params, step);
  const { persistent: isPersistent, autoConverge, unsafe, disks, bandwidthMiBs, address, manner } = params;
  return {
    manner: {
      ...manner,
      persistent: isPersistent,
      copies: params.copies ?? (disks.length === 0 ? 'none' : 'whole'),
      wasPaused,
      autoConverge,
      unsafe,
    },
    wishes: {
      ...manner,
      name: manner.name ?? name,
      isRenamed: manner.name !== null && manner.name !== name,
      disks: disks.map(({ target: disk }) => disk),
      bandwidthMiBs,
      live,
      persistent,
      uri: relayed ? 'tcp://127.0.0.1' : address === null ? null : `tcp://${bracketed(address)}`,
      listen: relayed ? '127.0.0.1' : null,
    },
    relayed,
    peerUri: manner.peerUri,
    downtimeMs,
    targetLost: () => target.givesUp(`The link to ${params.toName} was lost`),
    watch: async (over, giveUp) => {
      const client = () => step.client(host);
      const postCopy = postCopyAfter(manner, { client, dom, log: (text) => step.log(text) });
      const stall = new Stall();
      // Once: a limit that is lifted since has been there all the same.
      let first: { limited: boolean } | null = { limited: bandwidthMiBs !== null };
      const isOtherDriven = manner.drive !== 'app' && !manner.postCopy;
      const told = (isSilent: boolean): void => target.says(isSilent);
      const watching = watchTarget({ clock, session: () => step.session(to), told }, over);
      await watchMigration(
        { clock, client, dom, turn: (signal) => looks.take([host], signal, () => undefined) },
        { diskBytes, memoryBytes },
        ({ progress, flow, line }) => {
          const isStalled = stall.at(flow, clock.now());
          // Of a move that this program drives the end of its own link decides; of a target that answers, a person.
          if (isStalled && target.isSilent && isOtherDriven && !target.isGivenUp) {
            target.givesUp(`Nothing goes to ${params.toName} any more`);
            giveUp();
          }
          target.stalls(isStalled);
          step.progress({
            ...progress,
            migration: {
              ...progress.migration,
              ...first,
              canPostCopy: manner.postCopy,
              via: relayed ? 'relay' : 'direct',
            },
          });
          first = null;
          if (line !== null) step.log(line);
          postCopy(progress.migration?.iteration ?? 0);
        },
        over,
      );
      await watching;
      // Of one that is ended here Finish is never sent: what is said of it stays true until the target is asked.
      if (isOtherDriven || !(target.isGivenUp || step.signal.aborted)) step.silent([]);
    },
  };
}

/** What a person is told of a target that says nothing, or that nothing goes to, and of the end of the move that comes of it. */
class TargetTold {
  readonly #params: MoveParams;
  readonly #step: StepContext;
  #isSilent = false;
  #isStalled = false;
  #isGivenUp = false;

  constructor(params: MoveParams, step: StepContext) {
    this.#params = params;
    this.#step = step;
    step.signal.addEventListener('abort', () => this.#show(), { once: true });
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** It says nothing, or something again. */
  says(isSilent: boolean): void {
    this.#isSilent = isSilent;
    if (!isSilent) this.#step.log(`${this.#params.toName} is heard again`);
    if (isSilent || this.#isStalled) this.#step.log(this.#words());
    this.#show();
  }

  /** Nothing has gone to it for a while, or something goes again. */
  stalls(isStalled: boolean): void {
    if (isStalled === this.#isStalled) return;
    this.#isStalled = isStalled;
    if (this.#isSilent || this.#isGivenUp) return;
    this.#step.log(isStalled ? this.#words() : `Data goes to ${this.#params.toName} again`);
    this.#show();
  }

  /** Nothing comes of it any more. */
  givesUp(why: string): void {
    const { to, name, hostName } = this.#params;
    this.#isGivenUp = true;
    const words = `${why}: the move is given up, and ${name} stays on ${hostName}`;
    this.#step.log(words);
    this.#step.silent([to], `${words}.`);
  }

  #show(): void {
    if (this.#isGivenUp) return;
    this.#step.silent(this.#isSilent || this.#isStalled ? [this.#params.to] : [], this.#words());
  }

  #words(): string {
    const { name, hostName, toName, manner, relayed } = this.#params;
    const why = this.#isSilent
      ? `${toName} has said nothing for some seconds`
      : `${toName} answers, but nothing of the move has gone to it for some time`;
    if (manner.postCopy) return `${why}: the move waits for it.`;
    const runs = `${why}: ${name} is on ${hostName} as before`;
    if (this.#step.signal.aborted) return `${runs}, and stays there.`;
    if (!this.#isSilent) {
      const look =
        relayed || manner.drive === 'tunnel'
          ? ''
          : ' Look at the network between the two (ports 49152 and above).';
      return `${runs}.${look} The move goes on when its data does; it can be cancelled where it was begun.`;
    }
    return manner.drive === 'app'
      ? `${runs}. Where its link is lost, within half a minute, the move is given up; it can be cancelled where it was begun.`
      : `${runs}. Where nothing goes to it any more either, the move is given up; it can be cancelled where it was begun.`;
  }
}

function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}

/** Read when the time has come, with the passwords that are in them: they are in no plan and no journal. */
async function definitions(
  { host, disks, media, networks, persistent }: MoveParams,
  step: StepContext,
  dom: DomainRef,
): Promise<[string | null, string | null]> {
  const moved = { disks, media, networks };
  if (movesNothing(moved)) return [null, null];
  const { remote } = step.client(host);
  const flags = XML.VIR_DOMAIN_XML_SECURE | XML.VIR_DOMAIN_XML_MIGRATABLE;
  const read = async (more: number): Promise<string> =>
    moveXml((await remote.domainGetXmlDesc({ dom, flags: flags | more })).xml, moved);
  return Promise.all([read(0), persistent ? read(XML.VIR_DOMAIN_XML_INACTIVE) : null]);
}
