import { BALANCER_TEMPLATE } from '../../contract/balancer-template.ts';
import type { CreateOptions } from '../../contract/create.ts';
import { OPERATING_SYSTEMS } from '../../os/index.ts';
import { balancerLines } from '../balancer/config.ts';

type Template = CreateOptions['templates'][number];
type Way = Template['ways'][number];

/** Distributions with all their versions (`debian`), or one version (`debian12`), by the catalogue's names. */
function on(names: readonly string[], told: Omit<Way, 'systems' | 'files'> & Partial<Way>): Way {
  const systems = OPERATING_SYSTEMS.filter(
    ({ distro, shortId }) => names.includes(distro) || names.includes(shortId),
  ).map(({ shortId }) => shortId);
  return { files: [], ...told, systems };
}

const APT = ['debian', 'ubuntu'];
const RED_HAT = ['fedora', 'almalinux', 'rocky', 'centos-stream', 'rhel', 'ol'];
const EVERYWHERE =
  'Debian, Ubuntu, Fedora, AlmaLinux, Rocky Linux, CentOS Stream, openSUSE, Arch, Alpine and FreeBSD';

const systemd = (service: string): string => `systemctl enable --now ${service}`;
const openrc = (service: string): string[] => [
  `rc-update add ${service} default`,
  `rc-service ${service} restart`,
];
/** Its link to the page of the distribution is not followed. `hostname` is not everywhere. */
const page = (folder: string): string => `rm -f ${folder}/index.html; uname -n > ${folder}/index.html`;

const WEB = { packages: ['nginx'] };
const RED_HAT_POSTGRES = { packages: ['postgresql-server'] };

/**
 * Machines made ready by cloud-init. Names of packages are those of packages.debian.org, packages.ubuntu.com, packages.fedoraproject.org,
 * the handbook of RHEL, software.opensuse.org, archlinux.org, pkgs.alpinelinux.org and ports.freebsd.org.
 */
export const TEMPLATES: readonly Template[] = [
  {
    id: 'web',
    name: 'Web server',
    description: 'nginx with a page that says its name.',
    on: EVERYWHERE,
    ways: [
      on(APT, { ...WEB, runCommands: [page('/var/www/html'), systemd('nginx')] }),
      on([...RED_HAT, 'archlinux'], {
        ...WEB,
        runCommands: [page('/usr/share/nginx/html'), systemd('nginx')],
      }),
      on(['opensuse'], { ...WEB, runCommands: [page('/srv/www/htdocs'), systemd('nginx')] }),
      on(['alpinelinux'], {
        ...WEB,
        runCommands: [
          'mkdir -p /var/www/localhost/htdocs',
          page('/var/www/localhost/htdocs'),
          // Alpine's own answers “not found” to all.
          "echo 'server { listen 80 default_server; listen [::]:80 default_server; root /var/www/localhost/htdocs; }' > /etc/nginx/http.d/default.conf",
          ...openrc('nginx'),
        ],
      }),
      on(['freebsd'], {
        ...WEB,
        runCommands: [page('/usr/local/www/nginx'), 'sysrc nginx_enable=YES', 'service nginx start'],
      }),
    ],
    memoryMiB: 1024,
  },
  {
    id: 'database',
    name: 'Database',
    description: 'PostgreSQL, for programs on the machine itself: nothing listens to the outside yet.',
    on: EVERYWHERE,
    ways: [
      on(APT, { packages: ['postgresql'], runCommands: [systemd('postgresql')] }),
      on(RED_HAT, {
        ...RED_HAT_POSTGRES,
        runCommands: ['postgresql-setup --initdb', systemd('postgresql')],
      }),
      on(['opensuse'], { ...RED_HAT_POSTGRES, runCommands: [systemd('postgresql')] }),
      on(['archlinux'], {
        packages: ['postgresql'],
        runCommands: ["su postgres -s /bin/sh -c 'initdb -D /var/lib/postgres/data'", systemd('postgresql')],
      }),
      on(['alpinelinux'], { packages: ['postgresql'], runCommands: openrc('postgresql') }),
      on(['freebsd'], {
        packages: ['postgresql17-server'],
        runCommands: ['sysrc postgresql_enable=YES', 'service postgresql initdb', 'service postgresql start'],
      }),
    ],
    memoryMiB: 2048,
  },
  {
    id: 'docker',
    name: 'Docker host',
    description: 'Docker of the distribution.',
    on: 'Debian, Ubuntu, Fedora, openSUSE, Arch and Alpine',
    ways: [
      on(['ubuntu', 'debian10', 'debian11', 'debian12'], {
        packages: ['docker.io'],
        runCommands: [systemd('docker')],
      }),
      // Since then the client is a package of its own.
      on(['debian13'], { packages: ['docker.io', 'docker-cli'], runCommands: [systemd('docker')] }),
      on(['fedora'], { packages: ['moby-engine', 'docker-cli'], runCommands: [systemd('docker')] }),
      on(['opensuse', 'archlinux'], { packages: ['docker'], runCommands: [systemd('docker')] }),
      on(['alpinelinux'], { packages: ['docker'], runCommands: openrc('docker') }),
    ],
    memoryMiB: 2048,
  },
  {
    id: BALANCER_TEMPLATE,
    name: 'Load balancer',
    description: 'Apache Traffic Server on port 80, in front of machines that you choose.',
    // Debian 13 has no package of it; Fedora has version 10, which is configured otherwise; Red Hat's have it in EPEL alone.
    on: 'Debian 11 and 12, and Ubuntu 22.04, 24.04 and 25.10',
    ways: [
      on(['debian11', 'debian12', 'ubuntu22.04', 'ubuntu24.04', 'ubuntu25.10'], {
        packages: ['trafficserver', 'qemu-guest-agent'],
        files: [...balancerLines([])].map(([path, content]) => ({ path, content, mode: '0644' })),
        runCommands: [
          // The machines have addresses: without this each request waits for the DNS, half a minute where it does not answer.
          "echo 'CONFIG proxy.config.http.no_dns_just_forward_to_parent INT 1' >> /etc/trafficserver/records.config",
          // The machines see the name that was asked for.
          "echo 'CONFIG proxy.config.url_remap.pristine_host_hdr INT 1' >> /etc/trafficserver/records.config",
          "sed -i 's/^CONFIG proxy.config.http.server_ports .*/CONFIG proxy.config.http.server_ports STRING 80/' /etc/trafficserver/records.config",
          // Its device was there before it was installed, which starts it only at the next boot.
          'systemctl start qemu-guest-agent',
          'systemctl enable trafficserver',
          'systemctl restart trafficserver',
        ],
      }),
    ],
    memoryMiB: 1024,
  },
];
