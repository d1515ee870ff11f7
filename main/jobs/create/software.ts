import type { CloudInit } from '../../contract/cloud-init.ts';
import type { CreateProblem, CreateSource } from '../../contract/create.ts';
import { templateWay } from '../../contract/template-way.ts';
import { findCloudImage, findSystem, type OperatingSystem } from '../../os/index.ts';
import { TEMPLATES } from './templates.ts';

type Image = Extract<CreateSource, { kind: 'cloudImage' }>;

/** They have Puppet in EPEL or nowhere. */
const WITHOUT_PUPPET: ReadonlySet<string> = new Set(['almalinux', 'rocky', 'centos-stream', 'rhel', 'ol']);
/** The script of Puppet's makers, by which cloud-init installs their packages, does not know them (github.com/puppetlabs/install-puppet). */
const WITHOUT_AIO: ReadonlySet<string> = new Set(['archlinux', 'alpinelinux']);

/** What an image's system cannot have of what its first boot is to install. `os`: as it was said. */
export function softwareProblems(
  { template, cloudInit, image }: Image,
  said: string | null,
): CreateProblem[] {
  if (cloudInit === null) return [];
  const os = systemOf(image, said);
  const wrong = [
    { field: 'source.template', message: template === undefined ? null : templateProblem(template, os) },
    { field: 'source.cloudInit.puppet', message: puppetProblem(cloudInit, os) },
  ];
  return wrong.flatMap(({ field, message }) => (message === null ? [] : [{ field, message }]));
}

function systemOf(image: Image['image'], said: string | null): OperatingSystem | null {
  const known = said ?? (image.kind === 'catalogue' ? (findCloudImage(image.id)?.os ?? null) : null);
  return known === null ? null : findSystem(known);
}

function templateProblem(id: string, os: OperatingSystem | null): string | null {
  const template = TEMPLATES.find((one) => one.id === id);
  if (template === undefined) return `There is no template ${id}.`;
  if (os === null || templateWay(template, os.shortId) !== null) return null;
  return `${os.name} has no packages for the template “${template.name}”: choose ${template.on}, or no template.`;
}

function puppetProblem({ puppet }: CloudInit, os: OperatingSystem | null): string | null {
  if (puppet === null || os === null) return null;
  if (os.distro === 'freebsd')
    return 'The first boot of FreeBSD’s images (nuageinit) knows no Puppet: install it by a package and a command.';
  if (puppet.installType === 'aio' && WITHOUT_AIO.has(os.distro))
    return `Puppet’s makers have no packages for ${os.name}: take those of the system.`;
  return null;
}

/** That the system's own Puppet may come from a source that a person has to name. */
export function puppetWarnings({ cloudInit, image }: Image, said: string | null): string[] {
  const os = systemOf(image, said);
  if (cloudInit?.puppet?.installType !== 'packages' || os === null || !WITHOUT_PUPPET.has(os.distro))
    return [];
  return cloudInit.packageSources === undefined || cloudInit.packageSources.length === 0
    ? [
        `${os.name} has no package of Puppet of its own: name a source of packages that has it, or take those of its makers.`,
      ]
    : [];
}
