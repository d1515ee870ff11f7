import type { Backend } from '../../contract/balancer.ts';
import { BALANCER_TEMPLATE } from '../../contract/balancer-template.ts';
import type { CloudInit } from '../../contract/cloud-init.ts';
import { templateWay } from '../../contract/template-way.ts';
import { findSystem } from '../../os/index.ts';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { backendOf } from './backend.ts';
import type { CreateFlags } from './create.ts';
import { packagesOf, readGiven, readKeys, readNamed } from './create-unattended.ts';

export type CloudInitFlags = Pick<
  CreateFlags,
  'sshKey' | 'passwordFile' | 'cloudInit' | 'template' | 'user' | 'hostname' | 'package'
>;

interface On {
  readonly session: FleetSession;
  readonly host: string;
  /** As it was said; null: as the catalogue knows the image. */
  readonly os: string | null;
  /** The image as it was said. */
  readonly image: string;
}

/** What the flags tell cloud-init. @throws {UsageError} where a key or a password is for nobody */
export async function cloudInitOf(on: On, flags: CloudInitFlags): Promise<CloudInit> {
  const [keys, password, yaml] = await Promise.all([
    readKeys(flags.sshKey),
    flags.passwordFile === undefined ? null : readGiven('--password-file', flags.passwordFile),
    flags.cloudInit === undefined ? null : readNamed('--cloud-init', flags.cloudInit),
  ]);
  const template = await templateOf(on, flags.template);
  if (flags.user === undefined && (keys.length > 0 || password !== null))
    throw new UsageError('--ssh-key and --password-file are for a user: name one with --user.');
  const users = flags.user === undefined ? [] : [{ name: flags.user, sshKeys: keys, password, sudo: true }];
  return {
    hostname: flags.hostname ?? null,
    users,
    sshPasswords: password !== null,
    packageUpdate: false,
    packages: [...(template?.packages ?? []), ...packagesOf(flags.package)],
    files: template?.files ?? [],
    runCommands: template?.runCommands ?? [],
    timezone: null,
    locale: null,
    network: null,
    puppet: null,
    yaml,
  };
}

/** What a template takes on the image's system. Null: there is none, or the system cannot have it, which the plan says. */
async function templateOf({ session, host, os: said, image }: On, id: string | undefined) {
  if (id === undefined) return null;
  const { templates, cloudImages } = await session.client.create.options({ host });
  const found = templates.find((template) => template.id === id);
  if (found === undefined)
    throw new UsageError(`There is no template ${id}: ${templates.map((one) => one.id).join(', ')}.`);
  const os = said ?? cloudImages.find((one) => one.id === image)?.os ?? null;
  // `--os fedora` is the newest.
  return templateWay(found, os === null ? null : (findSystem(os)?.shortId ?? null));
}

/** What a load balancer stands in front of. @throws {UsageError} where it is none */
export function balancerOf(
  session: FleetSession,
  { template, backend }: Pick<CreateFlags, 'template' | 'backend'>,
): { balancer?: Backend[] } {
  if (template === BALANCER_TEMPLATE) return { balancer: backend.map((text) => backendOf(session, text)) };
  if (backend.length === 0) return {};
  throw new UsageError(`--backend is for --template ${BALANCER_TEMPLATE}.`);
}
