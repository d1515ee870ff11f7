import { FormatError } from '../../../drivers/formats/errors.ts';
import type { CloudInit } from '../../contract/cloud-init.ts';
import { balancerLines, endpointsOf, withOwnLines } from '../balancer/config.ts';
import type { PlannedStep } from '../engine/step.ts';
import { answerCd, answersInInitrd, unattendedOf } from './answers.ts';
import { poolName, type CreateFacts } from './facts.ts';
import { firstBootFiles, SEED_LABEL, tellsSecrets } from './first-boot.ts';
import type { Steps } from './plan.ts';
import { tellSeed, type SeedFiles, type SeedTold } from './steps/seed.ts';

/** For a plan that is only shown. */
const PREVIEW_MAC = '52:54:00:00:00:00';

interface Seed {
  /** Where in the input what it tells is. */
  readonly field: string;
  /** For a person: what it is for. */
  readonly use: string;
  readonly make: () => { readonly label: string; readonly files: SeedFiles };
  /** There may be in the files what only a person knows. */
  readonly secret: boolean;
}

/** The CD that a machine reads at its first boot, or its installer. */
export function seedSteps(of: Steps): PlannedStep[] {
  const { facts, machine, disks, secrets, problems } = of;
  const seed = seedOf(of);
  if (seed === null || disks.seed === null) return [];
  const secret = `seed-${machine.number}`;
  let label = '';
  let told: SeedTold = { secret, files: null };
  try {
    const made = seed.make();
    ({ label } = made);
    told = tellSeed(made.files, seed.secret ? secret : null, secrets);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push({ field: seed.field, message: error.message });
  }
  const { pool, name } = disks.seed;
  const host = facts.host.id;
  const params = { host, pool, poolName: poolName(facts, disks.seed), name, label, ...told };
  return [{ id: secret, kind: 'create.seed', host, title: `Create ${name} for ${seed.use}`, params }];
}

function seedOf({ input, facts, machine, identity }: Steps): Seed | null {
  const { source, spec } = input;
  const unattended = unattendedOf(input);
  if (unattended !== null && !answersInInitrd(input))
    return {
      field: 'source.unattended',
      use: 'the installer',
      secret: true,
      make: () => answerCd(input, unattended, machine.name),
    };
  if (source.kind !== 'cloudImage' || source.cloudInit === null) return null;
  const { cloudInit: told } = source;
  const mac = spec.nics[0]?.mac ?? identity?.macs[0] ?? PREVIEW_MAC;
  const guest = { name: machine.name, uuid: identity?.uuid ?? 'preview', mac };
  return {
    field: 'source.cloudInit',
    use: 'the first boot',
    secret: tellsSecrets(told),
    make: () => ({ label: SEED_LABEL, files: firstBootFiles(withBalancer(told, facts), guest) }),
  };
}

/** The files of a load balancer name its back ends as they are found now, beside what a person wrote in them. */
function withBalancer(cloudInit: CloudInit, { balancer }: CreateFacts): CloudInit {
  if (balancer === null) return cloudInit;
  let { files } = cloudInit;
  for (const [path, own] of balancerLines(endpointsOf(balancer))) {
    const at = files.findIndex((file) => file.path === path);
    const content = withOwnLines(files[at]?.content ?? '', own);
    if (content === null)
      throw new FormatError('BAD_VALUE', `the marks of Virtlane’s lines in ${path} are not one pair`);
    const file = { mode: '0644', ...files[at], path, content };
    files = at === -1 ? [...files, file] : files.with(at, file);
  }
  return { ...cloudInit, files };
}
