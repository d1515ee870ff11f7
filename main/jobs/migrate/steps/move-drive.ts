import { virDomainXMLFlags as XML } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import type { Clock } from '../../../hosts/clock.ts';
import { existing } from '../../create/steps/machine.ts';
import type { StepContext } from '../../engine/step.ts';
import type { Drive } from '../ports.ts';
import { postCopyAfter } from '../post-copy.ts';
import { watchMigration } from '../progress.ts';
import { watchTarget } from '../silent-target.ts';
import { movesNothing, moveXml } from '../xml.ts';
import type { MoveParams } from './move-params.ts';

/** Read when the time has come: what it sends of definitions has their passwords. */
export async function driveOf(
  params: MoveParams,
  step: StepContext,
  { clock, wasPaused }: { readonly clock: Clock; readonly wasPaused: boolean },
): Promise<Drive> {
  const { host, to, relayed, name, diskBytes, memoryBytes, downtimeMs } = params;
  const client = step.client(host);
  const dom = await existing(client, params);
  const [live, persistent] = await definitions(params, step, dom);
  let isSilent = false;
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
      disks: disks.map(({ target }) => target),
      bandwidthMiBs,
      live,
      persistent,
      uri: relayed ? 'tcp://127.0.0.1' : address === null ? null : `tcp://${bracketed(address)}`,
      listen: relayed ? '127.0.0.1' : null,
    },
    relayed,
    peerUri: manner.peerUri,
    downtimeMs,
    targetLost: () => {
      step.log(
        `The link to ${params.toName} was lost: the move is given up, and ${name} stays on ${params.hostName}`,
      );
    },
    isSilent: () => isSilent,
    watch: async (over, giveUp) => {
      const client = () => step.client(host);
      let isGivenUp = false;
      const postCopy = postCopyAfter(manner, { client, dom, log: (text) => step.log(text) });
      const watchingTarget = watchTarget(
        {
          clock,
          session: () => step.session(to),
          told: (now) => {
            isSilent = now;
            step.silent(now ? [to] : []);
            step.log(now ? silentWords(params) : `${params.toName} is heard again`);
          },
        },
        over,
      );
      await watchMigration(
        { clock, client, dom },
        { diskBytes, memoryBytes },
        ({ progress, line }) => {
          const { diskLeft = 0, memoryLeft = 0, iteration = 0 } = progress.migration ?? {};
          // By the source's own answer of now nothing went for a while. Of a move that this program drives the end of its own link decides.
          const isStalled =
            !isGivenUp && isSilent && progress.bytesPerSecond === 0 && diskLeft + memoryLeft > 0;
          if (isStalled && manner.drive !== 'app' && !manner.postCopy) {
            step.log(`Nothing goes to ${params.toName} any more: the move is given up`);
            isGivenUp = true;
            giveUp();
          }
          step.progress({
            ...progress,
            migration: { ...progress.migration, canPostCopy: manner.postCopy },
          });
          if (line !== null) step.log(line);
          postCopy(iteration);
        },
        over,
      );
      await watchingTarget;
      step.silent([]);
    },
  };
}

/** What a person is told when the target has said nothing for some seconds. */
function silentWords({ name, hostName, toName, manner }: MoveParams): string {
  const waits = `${toName} has said nothing for some seconds`;
  if (manner.postCopy) return `${waits}: the move waits for it`;
  const runs = `${waits}: ${name} is on ${hostName} as before`;
  return manner.drive === 'app'
    ? `${runs}. Where its link is lost, within half a minute, the move is given up; it can be cancelled`
    : `${runs}. Where nothing goes to it any more either, the move is given up; it can be cancelled`;
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
  return [await read(0), persistent ? await read(XML.VIR_DOMAIN_XML_INACTIVE) : null];
}
