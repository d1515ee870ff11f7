import type { Why } from '../decide.ts';
import type { MoveParams } from './move-params.ts';

type Told = Pick<MoveParams, 'name' | 'hostName' | 'toName'> & {
  readonly manner: Pick<MoveParams['manner'], 'drive' | 'peerUri'>;
};

/** Why only a person can decide, without the full stop. */
export function whyUnsettled({ name, hostName, toName, manner }: Told, why: Why): string {
  // What it was told may be another libvirtd than the one that is asked here.
  const { drive, peerUri } = manner;
  const elsewhere =
    drive === 'app' || peerUri === null
      ? ''
      : `; the libvirtd of ${hostName} was to move it to ${peerUri}: look for it there, too`;
  switch (why) {
    case 'both':
      return `it runs on ${hostName} and on ${toName}: force one of them off at once`;
    case 'stopped':
      return `libvirt let it go on on ${hostName} though it runs on ${toName}; on ${hostName} it is paused since, and has older disks: force it off there`;
    case 'neither':
      return `neither ${hostName} nor ${toName} has it any more${elsewhere}`;
    case 'lost':
      return `it went on on ${toName} by post-copy, and its libvirtd gave it up there; ${hostName} has its memory as it was before, which its disks are newer than`;
    case 'foreign':
      return `somebody else changed ${name} on ${hostName} or ${toName} meanwhile, and nothing more was touched${elsewhere}`;
  }
}
