/** The sheet that makes machines from a template. */
export const template = {
  title: 'New machine from {{name}}',
  or: 'Or from a template of this host',
  do: 'Create',
  doSeveral: 'Create {{count}}',
  gone: 'This template is not known: its host is away, or it was deleted.',
  section: { machine: 'Machine', hardware: 'Disks and size', firstBoot: 'First boot' },
  disks: {
    legend: 'The disks',
    link: 'On the template’s',
    linkText: 'Made at once, and takes only what differs. The template must stay as it is.',
    copy: 'A copy',
    copyText: 'Takes its time and its space. The machine does not need the template.',
    pool: 'Pool',
    beside: 'Beside the template’s',
    size: 'Size of the first disk',
    sizeHelp: 'It can be larger than the template’s {{size}}.',
  },
  memory: 'Memory',
  vcpus: 'vCPUs',
  firstBoot: {
    on: 'Tell cloud-init about the new machine',
    onHelp: 'It gives itself its own host name and SSH keys. The template needs cloud-init inside.',
    hint: 'The guest boots as the template did, with its host name, its SSH keys and its accounts.',
    user: 'User',
    userHelp: 'Made if it is not there; empty: as in the template.',
    password: 'Password',
    keys: 'SSH keys of this computer',
    noLogin:
      '{{user}} gets no key and no password: nobody logs in by that name unless the template lets them.',
  },
  summary: {
    from: 'From',
    kept: 'Everything else is as in the template.',
  },
  digest: {
    link: 'On the template’s disks',
    copy: 'Copies of the disks',
    told: 'By cloud-init',
    untold: 'As the template',
  },
} as const;
