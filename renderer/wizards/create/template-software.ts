import type { CreateOptions } from '../../../main/contract/create.ts';
import { templateWay } from '../../../main/contract/template-way.ts';
import type { CreateForm, FirstBootForm } from './form.ts';

type Way = CreateOptions['templates'][number]['ways'][number];
type Software = Pick<FirstBootForm, 'packages' | 'commands' | 'files'>;

/** What a template puts into the fields; null: nothing. */
export function softwareOf(way: Way | null): Software {
  return {
    packages: way?.packages.join(' ') ?? '',
    commands: way?.runCommands.join('\n') ?? '',
    files: way?.files ?? [],
  };
}

/**
 * What the fields should hold now that it is this system: another one's packages have other names. Null: they stay, as a person changed them, or
 * they are right.
 */
export function followedSoftware(
  { firstBoot }: Pick<CreateForm, 'firstBoot'>,
  options: Pick<CreateOptions, 'templates'>,
  os: string | null,
): Software | null {
  const template = options.templates.find(({ id }) => id === firstBoot.template);
  const way = template === undefined ? null : templateWay(template, os);
  if (template === undefined || way === null) return null;
  const holds = (software: Software): boolean =>
    software.packages === firstBoot.packages &&
    software.commands === firstBoot.commands &&
    JSON.stringify(software.files) === JSON.stringify(firstBoot.files);
  if (holds(softwareOf(way))) return null;
  // Nothing at all: the system before could not have it.
  return [null, ...template.ways].some((one) => holds(softwareOf(one))) ? softwareOf(way) : null;
}
