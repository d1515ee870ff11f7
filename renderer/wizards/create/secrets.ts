import { mediumOf, type CreateForm, type FirstBootForm, type MediumForm } from './form.ts';
import { withXml } from './use-xml.ts';

/** Fields that hold secrets, or may: what the core keeps apart from a job's journal is not written into a draft either. */
export type SecretField =
  | 'password'
  | 'commands'
  | 'files'
  | 'yaml'
  | 'template'
  | 'packageSources'
  | 'installerPassword'
  | 'productKey'
  | 'mirror'
  | 'arguments'
  | 'treeUrl'
  | 'url'
  | 'env'
  | 'xml';

interface Rule {
  readonly field: SecretField;
  /** What is in it; empty: it must be said. */
  readonly said: (form: CreateForm) => string;
  /** Whether a secret is in it; left out: in whatever is said. */
  readonly isSecret?: (form: CreateForm) => boolean;
  readonly without: (form: CreateForm) => Partial<CreateForm>;
}

const MEDIA = ['iso', 'image', 'archive'] as const;

/** A URL with a login, or a query that may be good for one person alone. */
const SECRET_URL = /:\/\/(?:[^\s/?#]*@|[^\s?#]*[?#])/;
/** Passwords of screens, environments of containers, cookies for a server. */
const SECRET_XML = /passwd|<initenv|<cookie/;

const RULES: readonly Rule[] = [
  { field: 'password', said: ({ firstBoot }) => firstBoot.password, without: firstBoot({ password: '' }) },
  { field: 'commands', said: ({ firstBoot }) => firstBoot.commands, without: firstBoot({ commands: '' }) },
  {
    field: 'files',
    said: contents,
    without: (form) =>
      firstBoot({ files: form.firstBoot.files.map((file) => ({ ...file, content: '' })) })(form),
  },
  { field: 'yaml', said: ({ firstBoot }) => firstBoot.yaml, without: firstBoot({ yaml: '' }) },
  {
    // Chosen anew, it fills in its commands and files again.
    field: 'template',
    said: ({ firstBoot }) => firstBoot.template,
    isSecret: (form) => form.firstBoot.template !== '' && form.firstBoot.commands + contents(form) !== '',
    without: firstBoot({ template: '' }),
  },
  {
    field: 'packageSources',
    said: (form) => {
      const places = form.firstBoot.packageSources.map(placeOf);
      return places.includes('') ? '' : places.join(' ');
    },
    isSecret: (form) => form.firstBoot.packageSources.some((source) => SECRET_URL.test(placeOf(source))),
    without: (form) =>
      firstBoot({
        packageSources: form.firstBoot.packageSources.map((source) =>
          !SECRET_URL.test(placeOf(source))
            ? source
            : source.kind === 'apt'
              ? { ...source, source: '' }
              : { ...source, baseUrl: '' },
        ),
      })(form),
  },
  {
    field: 'installerPassword',
    said: ({ answers }) => answers.password,
    without: ({ answers }) => ({ answers: { ...answers, password: '' } }),
  },
  {
    field: 'productKey',
    said: ({ answers }) => answers.productKey,
    without: ({ answers }) => ({ answers: { ...answers, productKey: '' } }),
  },
  {
    field: 'mirror',
    said: ({ answers }) => answers.mirror,
    isSecret: ({ answers }) => SECRET_URL.test(answers.mirror),
    without: ({ answers }) => ({ answers: { ...answers, mirror: '' } }),
  },
  {
    field: 'arguments',
    said: ({ tree }) => tree.arguments,
    without: ({ tree }) => ({ tree: { ...tree, arguments: '' } }),
  },
  {
    field: 'treeUrl',
    said: ({ tree }) => tree.url,
    isSecret: ({ tree }) => SECRET_URL.test(tree.url),
    without: ({ tree }) => ({ tree: { ...tree, url: '' } }),
  },
  {
    field: 'url',
    said: (form) => mediumOf(form)?.url ?? '',
    isSecret: (form) => MEDIA.some((which) => SECRET_URL.test(form[which].url)),
    without: ({ iso, image, archive }) => ({
      iso: plainUrl(iso),
      image: plainUrl(image),
      archive: plainUrl(archive),
    }),
  },
  {
    field: 'env',
    said: ({ container }) => container.env,
    without: ({ container }) => ({ container: { ...container, env: '' } }),
  },
  {
    field: 'xml',
    said: ({ xml }) => xml ?? '',
    isSecret: ({ xml }) => xml !== null && (SECRET_XML.test(xml) || SECRET_URL.test(xml)),
    without: (form) => withXml(form, null),
  },
];

/** The form as it may be written down, and what is missing in it. */
export function withoutSecrets(form: CreateForm): CreateForm {
  const taken = RULES.filter(({ said, isSecret }) => isSecret?.(form) ?? said(form).trim() !== '');
  const rest = taken.reduce((left, { without }): CreateForm => ({ ...left, ...without(left) }), form);
  return { ...rest, forgotten: [...new Set([...stillForgotten(form), ...taken.map(({ field }) => field)])] };
}

/** What was left out of the draft that the form comes from, and was not said again. */
export function stillForgotten(form: CreateForm): SecretField[] {
  return RULES.filter(({ field, said }) => form.forgotten.includes(field) && said(form).trim() === '').map(
    ({ field }) => field,
  );
}

function firstBoot(part: Partial<FirstBootForm>) {
  return (form: CreateForm): Partial<CreateForm> => ({ firstBoot: { ...form.firstBoot, ...part } });
}

function contents({ firstBoot: { files } }: CreateForm): string {
  return files.map(({ content }) => content).join('');
}

function placeOf(source: FirstBootForm['packageSources'][number]): string {
  return source.kind === 'apt' ? source.source : source.baseUrl;
}

function plainUrl(medium: MediumForm): MediumForm {
  return SECRET_URL.test(medium.url) ? { ...medium, url: '' } : medium;
}
