/**
 * Work inside the Debian root, in namespaces of its own. Mounts, processes and network die with the program that began
 * them, however that ends: nothing is left to unmount.
 */

export interface IsolatedOptions {
  readonly root: string;
  /** Folders of this machine, by their place inside. The places are made in the root beforehand. */
  readonly binds?: Readonly<Record<string, string>>;
  /** Loopback and one interface of a LAN in which nobody else is, in place of this machine's network. */
  readonly ownNetwork?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the program starts, inside. */
  readonly cwd?: string;
}

/** The LAN of an isolated run. */
export const labLan = { name: 'lan0', address: '10.77.0.1/24' };

/** The command line, for Linux, that runs `command` inside. */
export function isolated(command: readonly string[], options: IsolatedOptions): string[] {
  const { root, binds = {}, ownNetwork = false, environment = {}, cwd = '/' } = options;
  const steps = [
    'mount --make-rprivate /',
    `mount -t proc proc ${quote(`${root}/proc`)}`,
    `mount --rbind /dev ${quote(`${root}/dev`)}`,
    // Wine's server makes its socket here: one of another run is not this one's.
    `mount -t tmpfs tmpfs ${quote(`${root}/tmp`)}`,
    ...Object.entries(binds).map(([inside, folder]) => `mount --bind ${quote(folder)} ${quote(`${root}${inside}`)}`),
    ...(ownNetwork
      ? [
          'ip link set lo up',
          `ip link add ${labLan.name} type veth peer name ${labLan.name}-far`,
          `ip address add ${labLan.address} dev ${labLan.name}`,
          `ip link set ${labLan.name} up && ip link set ${labLan.name}-far up`,
        ]
      : []),
    `exec chroot ${quote(root)} env -i ${Object.entries({ ...baseEnvironment, ...environment })
      .map(([name, value]) => quote(`${name}=${value}`))
      .join(' ')} sh -c ${quote(`cd ${quote(cwd)} && exec "$@"`)} sh "$@"`,
  ];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', ...(ownNetwork ? ['--net'] : [])];
  // It ends with the lab, also when that is killed; and with it every process of the namespace.
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    ...namespaces,
    '--',
    'sh',
    '-c',
    steps.join(' && '),
    'sh',
    ...command,
  ];
}

const baseEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  DEBIAN_FRONTEND: 'noninteractive',
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
