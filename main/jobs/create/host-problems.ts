import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import type { CreateFacts } from './facts.ts';

/** What the host cannot run, or does not have, of what the fields name. XML of one's own is libvirt's to judge. */
export function hostProblems({ spec, source, xml }: CreateInput, facts: CreateFacts): CreateProblem[] {
  if (xml !== null) return [];
  // What stands against containers is told with them.
  const isContainer = source.kind === 'container' || spec.virtType === 'lxc';
  const noVsock = spec.vsock && !isContainer ? facts.noVsock : null;
  return [
    ...(isContainer ? [] : kindProblems(spec, facts)),
    ...cardProblems(spec, facts),
    ...(noVsock === null ? [] : [{ field: 'spec.vsock', message: noVsock }]),
  ];
}

function kindProblems(
  { arch, virtType, machine, cpu }: CreateInput['spec'],
  { host, guests }: CreateFacts,
): CreateProblem[] {
  const guest = guests.find((one) => one.osType === 'hvm' && one.arch === arch);
  if (guest === undefined)
    return [{ field: 'spec.arch', message: `${host.name} runs no machines of the architecture ${arch}.` }];
  const found: CreateProblem[] = [];
  if (!guest.domainTypes.includes(virtType))
    found.push({ field: 'spec.virtType', message: `${host.name} has no ${virtType} for ${arch}.` });
  const { machines } = guest;
  // Where libvirt names none, nothing is known of them.
  if (machine === null || machines.length === 0) return found;
  const known = machines.find(({ name, canonical }) => name === machine || canonical === machine);
  if (known === undefined)
    found.push({
      field: 'spec.machine',
      message: `${host.name} has no machine type ${machine} for ${arch}.`,
    });
  else if (known.maxCpus !== null && cpu.vcpus > known.maxCpus)
    found.push({
      field: 'spec.cpu.vcpus',
      message: `A machine of the type ${machine} has ${known.maxCpus} vCPUs at most.`,
    });
  return found;
}

function cardProblems({ nics }: CreateInput['spec'], { host, missing }: CreateFacts): CreateProblem[] {
  return nics.flatMap(({ source, filter }, index): CreateProblem[] => {
    const field = `spec.nics.${index}`;
    const found: CreateProblem[] = [];
    if (source.kind === 'bridge' && missing.devices.has(source.bridge))
      found.push({ field: `${field}.source`, message: `${host.name} has no bridge ${source.bridge}.` });
    if (source.kind === 'direct' && missing.devices.has(source.device))
      found.push({ field: `${field}.source`, message: `${host.name} has no device ${source.device}.` });
    if (filter !== null && missing.filters.has(filter))
      found.push({ field: `${field}.filter`, message: `${host.name} has no filter ${filter}.` });
    return found;
  });
}
