/** What a container is made of. */
export const createContainer = {
  rootLabel: 'Its files',
  root: { template: 'An archive', directory: 'A folder of the host', host: 'The host’s own' },
  templateHelp:
    'The host unpacks it to a folder of the container’s name: .tar, .tar.gz, .tar.xz, .tar.zst or .tar.bz2, with / at its top.',
  pool: 'Unpacked in',
  poolHelp: 'A pool that is a folder. What is unpacked can be deleted with the container.',
  folder: 'Folder',
  folderHelp: 'It must hold a whole system, and stays when the container is deleted.',
  hostHelp:
    'For one program: it can read the host’s files, and not change them. Its root is the host’s root.',
  init: 'First program',
  initHelp: 'As the container sees it. When it ends, the container is off.',
  unprivileged: 'Users of its own',
  unprivilegedHelp: 'Root in it is no root on the host. Off: only for what you trust as you trust the host.',
  more: 'Arguments and environment',
  args: 'Arguments',
  argsHelp: 'Of the first program, one a line.',
  env: 'Environment',
  envHelp: 'One a line: LANG=C.UTF-8',
};
