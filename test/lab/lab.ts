import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** For a hang, never for speed: then the command is named. */
const EXEC_LIMIT_MS = 300_000;
const HERE = import.meta.dirname;
const SCRIPT = path.join(HERE, 'lab.sh');
/** Where the guest's disk is kept between runs. */
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';

export interface GuestOptions {
  /** Password of the VNC server, or none. */
  vncPassword?: string;
  /** Define without a virtual screen. */
  headless?: boolean;
  /** The video card; `vga` by default. */
  video?: 'vga' | 'virtio';
  memoryMiB?: number;
  /** Its card is on a network of libvirt; left out: on one of QEMU's own, which reaches nobody. */
  network?: { name: string; mac: string; portGroup?: string; filter?: string };
  /** Its card is on a bridge of the host: libvirt knows none of its leases. */
  bridge?: { name: string; mac: string };
}

/**
 * Simulated KVM hosts (lab.sh). The runner brings a lab up for each of its lanes and names it by VIRTLANE_LAB_ID; a file run by
 * itself brings up its own and takes it down.
 */
export class Lab {
  readonly id: number;
  readonly #owned: boolean;

  private constructor(id: number, owned: boolean) {
    this.id = id;
    this.#owned = owned;
  }

  static async up(hosts: number): Promise<Lab> {
    const shared = process.env['VIRTLANE_LAB_ID'];
    const lab = new Lab(shared === undefined ? await freeId() : Number(shared), shared === undefined);
    if (shared === undefined) lab.#watchOwner();
    await lab.#script('up', String(hosts));
    await run('bash', [path.join(HERE, 'guest-image.sh'), GUEST_DIR]);
    return lab;
  }

  get state(): string {
    return stateOf(this.id);
  }
  /** Logs in as root on every host. */
  get keyFile(): string {
    return path.join(this.state, 'keys', 'id_ed25519');
  }
  /** The hosts' true keys, as a known_hosts file. */
  get knownHosts(): string {
    return path.join(this.state, 'known_hosts');
  }
  /** Numbers begin at 1, as the hosts' names do: lab1, lab2. */
  address(host: number): string {
    return `10.${91 + this.id}.0.${10 + host}`;
  }

  /** This computer's address, as the hosts see it. */
  get gateway(): string {
    return `10.${91 + this.id}.0.1`;
  }

  /** The pid, seen from here, of a host's init: /proc/PID/root is the host's file system. */
  async initPid(host: number): Promise<number> {
    return Number((await this.#script('pid', String(host))).stdout);
  }

  /** Runs a command on a host as root, from outside of SSH. Rejects when it fails; answers with its standard output. */
  async exec(host: number, ...command: string[]): Promise<string> {
    const { stdout } = await this.#script('exec', String(host), ...command);
    return stdout;
  }

  /** As exec, with standard input. */
  async execWith(input: string, host: number, ...command: string[]): Promise<string> {
    const child = spawn(SCRIPT, ['exec', String(host), ...command], { env: this.#env() });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', resolve),
    );
    if (code !== 0) throw new Error(`${command.join(' ')} on lab${host}: ${Buffer.concat(err).toString()}`);
    return Buffer.concat(out).toString();
  }

  /** No packet reaches the host or leaves it; everything on it goes on running. */
  async freeze(host: number): Promise<void> {
    await this.#script('freeze', String(host));
  }
  async thaw(host: number): Promise<void> {
    await this.#script('thaw', String(host));
  }

  /** An interface of this computer is on the hosts' network from now on. */
  async plug(name: string): Promise<void> {
    await this.#script('plug', name);
  }
  /** Runs a command on the switch that the hosts are at. Rejects when it fails. */
  async between(...command: string[]): Promise<void> {
    await this.#script('between', ...command);
  }

  async stopLibvirtd(host: number): Promise<void> {
    await this.exec(
      host,
      'sh',
      '-c',
      'kill $(cat /run/libvirtd.pid); while [ -e /run/libvirtd.pid ] && kill -0 $(cat /run/libvirtd.pid) 2>/dev/null; do sleep .05; done',
    );
  }
  async startLibvirtd(host: number): Promise<void> {
    await this.exec(host, 'lab-libvirtd');
  }

  /** Defines the tiny guest on a host, shut off, with a disk of its own in the default pool; answers with its UUID. */
  async addGuest(host: number, name: string, options: GuestOptions = {}): Promise<string> {
    await copyFile(
      path.join(GUEST_DIR, 'tiny.qcow2'),
      path.join(this.state, String(host), 'images', `${name}.qcow2`),
    );
    await this.exec(host, 'virsh', '-q', 'pool-refresh', 'default');
    await this.execWith(
      guestXml(name, options),
      host,
      'sh',
      '-c',
      'cat > /tmp/define.xml; virsh -q define /tmp/define.xml',
    );
    return (await this.exec(host, 'virsh', 'domuuid', name)).trim();
  }

  /** What a guest has printed on its serial port since it was started (kept by virtlogd). */
  async serialLog(host: number, name: string): Promise<string> {
    return this.exec(host, 'sh', '-c', `cat /var/log/libvirt/qemu/${name}-serial.log 2>/dev/null || :`);
  }

  /** Gives the host another SSH key and ends its sessions, as a host that was made anew. */
  async changeHostKey(host: number): Promise<void> {
    const key = path.join(this.state, String(host), 'host_key');
    await run('sh', ['-c', `rm -f ${key} ${key}.pub && ssh-keygen -q -t ed25519 -N '' -f ${key}`]);
    await this.execWith(
      await readFile(key, 'utf8'),
      host,
      'sh',
      '-c',
      'cat > /etc/ssh/lab_host_key; lab-sshd off && lab-sshd',
    );
  }

  /**
   * Starts Open vSwitch on a host, with its switch in user space (the kernel's module is not needed), and makes a bridge. It ends with
   * the host.
   */
  async startOpenVswitch(host: number, bridge: string): Promise<void> {
    await this.exec(
      host,
      'sh',
      '-ec',
      `[ -e /run/openvswitch/db.sock ] || {
        mkdir -p /run/openvswitch /etc/openvswitch /var/log/openvswitch; rm -f /etc/openvswitch/conf.db
        ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
        ovsdb-server /etc/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --log-file -vconsole:off
        ovs-vsctl --no-wait init
        ovs-vswitchd --pidfile --detach --log-file -vconsole:off
      } >/dev/null 2>&1
      ovs-vsctl --may-exist add-br ${bridge} -- set bridge ${bridge} datapath_type=netdev
      ip link set ${bridge} up`,
    );
  }

  /** Takes every guest off a host, so that a file of tests starts from nothing. */
  async clean(host: number): Promise<void> {
    await this.exec(
      host,
      'sh',
      '-c',
      'for d in $(virsh list --name); do virsh -q destroy $d; done; for d in $(virsh list --all --name); do virsh -q undefine $d --managed-save --snapshots-metadata --nvram; done; rm -rf /var/lib/libvirt/images/*; virsh -q pool-refresh default',
    );
  }

  /** SHA256 fingerprint of a host's key as ssh shows it. */
  async fingerprint(host: number): Promise<string> {
    const { stdout } = await run('ssh-keygen', ['-lf', path.join(this.state, String(host), 'host_key.pub')]);
    return stdout.split(' ')[1] ?? '';
  }

  /** Makes the host's key known in a home for a port other than 22. */
  async trust(home: string, host: number, port: number): Promise<void> {
    const [type, key] = (await readFile(path.join(this.state, String(host), 'host_key.pub'), 'utf8')).split(
      ' ',
    );
    await appendFile(path.join(home, '.ssh/known_hosts'), `[${this.address(host)}]:${port} ${type} ${key}\n`);
  }

  /** Takes the lab down if this process brought it up. */
  async release(): Promise<void> {
    if (!this.#owned) return;
    process.removeListener('exit', this.#downAtExit);
    await this.#script('down');
  }

  /** A file that fails or is interrupted leaves nothing behind. */
  #watchOwner(): void {
    process.once('exit', this.#downAtExit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => process.exit(1));
  }
  readonly #downAtExit = (): void => {
    spawnSync(SCRIPT, ['down'], { env: this.#env(), stdio: 'ignore' });
  };
  #env(): NodeJS.ProcessEnv {
    return { ...process.env, LAB_ID: String(this.id) };
  }
  async #script(...args: string[]): Promise<{ stdout: string }> {
    const timeout = args[0] === 'exec' ? EXEC_LIMIT_MS : 0;
    return run(SCRIPT, args, { env: this.#env(), maxBuffer: 16 << 20, timeout, killSignal: 'SIGKILL' });
  }
}

/** The number of a lab that nobody has up: a free one, or one whose owner was killed. Numbers 5 to 7 and from 10 on are the runner's. */
async function freeId(): Promise<number> {
  for (const id of [8, 9, 0, 1, 2, 3, 4]) {
    const owner = path.join(stateOf(id), 'owner');
    try {
      await mkdir(stateOf(id), { mode: 0o700 });
    } catch {
      // A lab without an owner was brought up by hand.
      const pid = await readFile(owner, 'utf8').catch(() => null);
      if (pid === null || existsSync(`/proc/${pid}`)) continue;
      await run(SCRIPT, ['down'], { env: { ...process.env, LAB_ID: String(id) } });
      await mkdir(stateOf(id), { mode: 0o700 });
    }
    await writeFile(owner, String(process.pid));
    return id;
  }
  throw new Error('Too many labs are up. `LAB_ID=<number> test/lab/lab.sh down` takes one down.');
}

function stateOf(id: number): string {
  return `/var/tmp/virtlane-lab-${id}`;
}

function cardXml({ network, bridge }: GuestOptions): string {
  if (bridge !== undefined)
    return `<interface type='bridge'><mac address='${bridge.mac}'/><source bridge='${bridge.name}'/><model type='virtio'/></interface>`;
  if (network === undefined) return "<interface type='user'><model type='virtio'/></interface>";
  const { name, mac, portGroup, filter } = network;
  const group = portGroup === undefined ? '' : ` portgroup='${portGroup}'`;
  const filterRef = filter === undefined ? '' : `<filterref filter='${filter}'/>`;
  return `<interface type='network'><mac address='${mac}'/><source network='${name}'${group}/><model type='virtio'/>${filterRef}</interface>`;
}

/** A machine as the lab's guest wants it: q35 under TCG, disk, NIC without a network, serial port, screen, agent. */
export function guestXml(name: string, options: GuestOptions = {}): string {
  const password = options.vncPassword === undefined ? '' : ` passwd='${options.vncPassword}'`;
  const screen =
    options.headless === true
      ? ''
      : `<graphics type='vnc' autoport='yes' listen='127.0.0.1'${password}/><video><model type='${options.video ?? 'vga'}'/></video>`;
  return `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>${options.memoryMiB ?? 128}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='/var/lib/libvirt/images/${name}.qcow2'/><target dev='vda' bus='virtio'/></disk>
    ${cardXml(options)}
    <serial type='pty'><log file='/var/log/libvirt/qemu/${name}-serial.log' append='off'/><target port='0'/></serial><console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='virtio'><stats period='2'/></memballoon>
    ${screen}<input type='tablet' bus='usb'/>
  </devices>
</domain>`;
}
