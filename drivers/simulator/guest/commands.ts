import type { GuestFacts, GuestMachine } from './facts.ts';

export interface CommandContext {
  facts: GuestFacts;
  machine: GuestMachine;
  user: string;
  /** Milliseconds since the epoch at which the command runs. */
  now: number;
}

type Command = (context: CommandContext, words: readonly string[]) => string;

const MIB = 1024;

function pad(value: string | number, width: number): string {
  return String(value).padStart(width);
}

/** As `uptime` and `top` begin. */
export function uptimeLine({ machine, facts, now }: CommandContext): string {
  const seconds = Math.max(0, Math.floor((now - machine.bootedAt()) / 1000));
  const days = Math.floor(seconds / 86_400);
  const clock = `${Math.floor((seconds % 86_400) / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`;
  const load = machine.load().cpu * facts.vcpus;
  const averages = [load, load * 0.93, load * 0.88].map((value) => value.toFixed(2)).join(', ');
  const up = days > 0 ? `${days} days, ${clock}` : clock;
  return ` ${new Date(now).toISOString().slice(11, 19)} up ${up},  1 user,  load average: ${averages}`;
}

function free({ machine, facts }: CommandContext): string {
  const { memoryUsedKiB, cacheKiB } = machine.load();
  const total = Math.round((facts.memoryKiB * 0.97) / MIB);
  const used = Math.round(memoryUsedKiB / MIB);
  const cache = Math.round(cacheKiB / MIB);
  const row = [total, used, Math.max(0, total - used - cache), 1, cache, Math.max(0, total - used)];
  return [
    '               total        used        free      shared  buff/cache   available',
    `Mem:    ${row.map((value) => pad(value, 12)).join('')}`,
    `Swap:   ${[1024, 0, 1024].map((value) => pad(value, 12)).join('')}`,
  ].join('\n');
}

function addresses({ facts }: CommandContext): string {
  const lines = [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
    '    inet 127.0.0.1/8 scope host lo',
  ];
  facts.nics.forEach((nic, index) => {
    lines.push(`${index + 2}: ${nic.device}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP`);
    lines.push(`    link/ether ${nic.mac} brd ff:ff:ff:ff:ff:ff`);
    if (nic.address !== null)
      lines.push(`    inet ${nic.address}/${nic.prefix} scope global dynamic ${nic.device}`);
  });
  return lines.join('\n');
}

function disks({ facts }: CommandContext): string {
  const lines = ['Filesystem      Size  Used Avail Use% Mounted on'];
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(0)}G`;
  facts.disks.forEach((disk, index) => {
    const name = `/dev/${disk.device}1`.padEnd(14);
    const use = `${Math.round((disk.usedBytes / disk.capacityBytes) * 100)}%`;
    const free = gib(disk.capacityBytes - disk.usedBytes);
    lines.push(
      `${name} ${pad(gib(disk.capacityBytes), 5)} ${pad(gib(disk.usedBytes), 5)} ${pad(free, 5)} ${pad(use, 4)} ${index === 0 ? '/' : `/srv/data${index}`}`,
    );
  });
  return lines.join('\n');
}

/** The lines of `ps` and of a page of `top`: services share the load, each having less than the one before. */
export function processLines({ facts, machine, now }: CommandContext): string[] {
  const load = machine.load().cpu * 100 * facts.vcpus;
  const names = [...facts.services, 'systemd', 'sshd', 'systemd-journal', 'cron'];
  const seconds = (now - machine.bootedAt()) / 1000;
  return names.map((name, index) => {
    const share = (load * 0.55) / 2.1 ** index;
    const time = (seconds * share) / 100;
    const clock = `${Math.floor(time / 60)}:${String(Math.floor(time % 60)).padStart(2, '0')}`;
    return `${pad(300 + index * 37, 6)} root ${pad(share.toFixed(1), 6)} ${pad((6 / (index + 1)).toFixed(1), 5)} ${pad(clock, 9)} ${name}`;
  });
}

const PROCESS_HEADER = '   PID USER   %CPU  %MEM      TIME COMMAND';

const COMMANDS: Record<string, { about: string; run: Command }> = {
  cat: { about: 'show a file: /etc/os-release, /etc/hostname, /proc/cpuinfo', run: cat },
  clear: { about: 'clear the screen', run: () => '\x1b[2J\x1b[H' },
  date: { about: 'the time', run: ({ now }) => new Date(now).toUTCString() },
  df: { about: 'space on the disks', run: disks },
  echo: { about: 'say something', run: (_, words) => words.join(' ') },
  exit: { about: 'log out', run: () => '' },
  free: { about: 'memory', run: free },
  help: { about: 'this list', run: help },
  hostname: { about: 'the name of this machine', run: ({ facts }) => facts.hostname },
  id: { about: 'who you are', run: ({ user }) => `uid=0(${user}) gid=0(${user}) groups=0(${user})` },
  ip: { about: 'addresses (ip a)', run: addresses },
  ls: { about: 'files', run: () => 'README  backup.sh  logs  notes.txt' },
  nproc: { about: 'number of processors', run: ({ facts }) => String(facts.vcpus) },
  poweroff: { about: 'switch this machine off', run: () => '' },
  ps: { about: 'processes', run: (context) => [PROCESS_HEADER, ...processLines(context)].join('\n') },
  pwd: { about: 'where you are', run: () => '/root' },
  reboot: { about: 'start this machine again', run: () => '' },
  top: { about: 'processes, live; q ends it', run: () => '' },
  uname: {
    about: 'the kernel',
    run: ({ facts }) => `Linux ${facts.hostname} ${facts.kernel} x86_64 GNU/Linux`,
  },
  uptime: { about: 'how long it has been running', run: uptimeLine },
  whoami: { about: 'your name', run: ({ user }) => user },
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);
  return ['This is a simulated guest. It knows:', ...lines].join('\n');
}

function cat({ facts }: CommandContext, words: readonly string[]): string {
  const files: Record<string, string> = {
    '/etc/hostname': facts.hostname,
    '/etc/os-release': `PRETTY_NAME="${facts.osName}"`,
    '/proc/cpuinfo': Array.from(
      { length: facts.vcpus },
      (_, index) => `processor : ${index}\nmodel name : Simulated processor`,
    ).join('\n\n'),
    README: 'A machine of the demo fleet. Nothing here is real.',
    'notes.txt': 'Remember the backups.',
    'backup.sh': '#!/bin/sh\nrestic backup /srv',
  };
  const name = words[0] ?? '';
  return files[name] ?? files[name.replace(/^\/root\//, '')] ?? `cat: ${name}: No such file or directory`;
}

/** The page of `top`, drawn from the upper left corner. */
export function topPage(context: CommandContext, rows: number): string {
  const { machine, facts } = context;
  const { cpu, memoryUsedKiB, cacheKiB } = machine.load();
  const total = facts.memoryKiB / MIB;
  const used = memoryUsedKiB / MIB;
  const cache = cacheKiB / MIB;
  const idle = 100 - cpu * 100;
  const lines = [
    `top -${uptimeLine(context)}`,
    `%Cpu(s): ${(cpu * 78).toFixed(1)} us, ${(cpu * 22).toFixed(1)} sy, ${idle.toFixed(1)} id`,
    `MiB Mem : ${total.toFixed(1)} total, ${Math.max(0, total - used - cache).toFixed(1)} free, ${used.toFixed(1)} used, ${cache.toFixed(1)} buff/cache`,
    '',
    `\x1b[7m${PROCESS_HEADER.padEnd(78)}\x1b[0m`,
    ...processLines(context),
  ].slice(0, rows - 1);
  return `\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\r\n\x1b[J`;
}

/** Runs one command line that is not about the session itself and gives what it prints, lines ended with LF. */
export function runCommand(context: CommandContext, line: string): string {
  const [name, ...words] = splitWords(line);
  if (name === undefined) return '';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return `-bash: ${name}: command not found\n`;
  const output = command.run(context, words);
  return output === '' || name === 'clear' ? output : `${output}\n`;
}

/** Words split at blanks; single and double quotes keep theirs. */
export function splitWords(line: string): string[] {
  return Array.from(
    line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}
