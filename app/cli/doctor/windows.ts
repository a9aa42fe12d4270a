/**
 * Checks for Windows settings that hinder a launcher. Reads the registry, whose names are the same in every language, and
 * asks PowerShell once. Changes nothing.
 */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from './checks.ts';

const run = promisify(execFile);
const limitMs = 10_000;

const firewallPolicy = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
const fileSystemKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem';
const defender = 'HKLM\\SOFTWARE\\Microsoft\\Windows Defender';
const controlledFolders = `${defender}\\Windows Defender Exploit Guard\\Controlled Folder Access`;
const profilesQuestion =
  'ConvertTo-Json -Compress @(Get-NetConnectionProfile | Select-Object Name, @{n="Category";e={[int]$_.NetworkCategory}})';

/** Windows' names for kinds of networks: in firewall rules, in the policy's keys, and as the number of a category. */
const kinds = [
  { category: 0, rule: 'Public', key: 'PublicProfile', text: 'public' },
  { category: 1, rule: 'Private', key: 'StandardProfile', text: 'private' },
  { category: 2, rule: 'Domain', key: 'DomainProfile', text: "the company's" },
] as const;

interface ConnectedNetwork {
  readonly name: string;
  /** 0: public, 1: private, 2: domain. */
  readonly category: number;
}

interface FirewallRule {
  readonly allows: boolean;
  /** Empty: rules for every kind of network. */
  readonly kinds: readonly string[];
}

export interface WindowsFacts {
  /** Undefined when Windows does not tell. */
  readonly networks: readonly ConnectedNetwork[] | undefined;
  readonly rules: readonly FirewallRule[] | undefined;
  /** Kinds of networks on which the firewall is off. */
  readonly unguarded: readonly string[];
  readonly longPaths: boolean | undefined;
  readonly controlledFolderAccess: boolean | undefined;
  readonly gamesDir: string;
  readonly home: string;
}

export async function checkWindows(gamesDir: string): Promise<Finding[]> {
  const [rules, networks, unguarded, longPaths, controlled] = await Promise.all([
    query(`${firewallPolicy}\\FirewallRules`),
    connectedNetworks(),
    unguardedKinds(),
    query(fileSystemKey, 'LongPathsEnabled'),
    query(controlledFolders, 'EnableControlledFolderAccess'),
  ]);
  return tellWindows({
    networks,
    rules: rules === undefined ? undefined : rulesFor(process.execPath, rules),
    unguarded,
    longPaths:
      numberIn(longPaths, 'LongPathsEnabled') === undefined ? undefined : numberIn(longPaths, 'LongPathsEnabled') === 1,
    controlledFolderAccess:
      controlled === undefined ? undefined : numberIn(controlled, 'EnableControlledFolderAccess') === 1,
    gamesDir,
    home: homedir(),
  });
}

/** Undefined when the key or value does not exist or cannot be read. */
async function query(key: string, value?: string): Promise<string | undefined> {
  try {
    const named = value === undefined ? [] : ['/v', value];
    const options = { timeout: limitMs, windowsHide: true, maxBuffer: 32 * 1024 * 1024 };
    const { stdout } = await run('reg.exe', ['query', key, ...named], options);
    return stdout;
  } catch {
    return undefined;
  }
}

async function unguardedKinds(): Promise<string[]> {
  const answers = await Promise.all(kinds.map(({ key }) => query(`${firewallPolicy}\\${key}`, 'EnableFirewall')));
  return kinds.filter((_, index) => numberIn(answers[index], 'EnableFirewall') === 0).map(({ rule }) => rule);
}

async function connectedNetworks(): Promise<ConnectedNetwork[] | undefined> {
  try {
    const flags = ['-NoProfile', '-NonInteractive', '-Command', profilesQuestion];
    const { stdout } = await run('powershell.exe', flags, { timeout: limitMs, windowsHide: true });
    return networksIn(stdout);
  } catch {
    return undefined;
  }
}

/** Parses PowerShell's answer. Pure. */
export function networksIn(json: string): ConnectedNetwork[] | undefined {
  const answer: unknown = JSON.parse(json);
  if (!Array.isArray(answer)) return undefined;
  return answer.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('Name' in one) || !('Category' in one)) return [];
    return typeof one.Category === 'number' ? [{ name: String(one.Name), category: one.Category }] : [];
  });
}

/** A `REG_DWORD` in the output of `reg query`. Pure. */
export function numberIn(text: string | undefined, name: string): number | undefined {
  const match = new RegExp(`^\\s+${name}\\s+REG_DWORD\\s+0x([0-9a-f]+)`, 'im').exec(text ?? '');
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
}

/** Firewall rules for incoming connections to a program. Pure. `text`: the output of `reg query` on the firewall's rules. */
export function rulesFor(program: string, text: string): FirewallRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, rule] = line.split(/\s+REG_SZ\s+/);
    if (rule === undefined) return [];
    const fields = rule.split('|').map((field) => field.split('=', 2));
    const all = (name: string): string[] => fields.flatMap(([key, value = '']) => (key === name ? [value] : []));
    const isOurs = all('App').some((path) => path.toLowerCase() === program.toLowerCase());
    if (!isOurs || all('Dir')[0] !== 'In' || all('Active')[0] !== 'TRUE') return [];
    return [{ allows: all('Action')[0] === 'Allow', kinds: all('Profile') }];
  });
}

/** Pure. */
export function tellWindows(facts: WindowsFacts): Finding[] {
  return [...tellFirewall(facts), tellLongPaths(facts), ...tellControlledFolders(facts), tellScanner(facts)];
}

function tellFirewall({ networks, rules, unguarded }: WindowsFacts): Finding[] {
  const name = 'Firewall';
  const setRight = 'Set the network to private (Windows: Settings → Network → properties of the connection).';
  if (rules === undefined)
    return [
      {
        name,
        status: 'warning',
        detail: 'its rules could not be read',
        advice: 'Allow Lanspread there when no other PC is seen.',
      },
    ];
  if (networks === undefined)
    return [
      {
        name,
        status: 'warning',
        detail: 'Windows did not tell what kind of network this is',
        advice: `On a public network Windows hides PCs from each other. ${setRight}`,
      },
    ];
  return networks.map(({ name: network, category }) => {
    const kind = kinds.find((one) => one.category === category);
    const where = `${network} is ${kind?.text ?? 'of an unknown kind'}`;
    if (kind && unguarded.includes(kind.rule))
      return { name, status: 'ok', detail: `${where}; the firewall is off there` };
    const fitting = rules.filter((rule) => rule.kinds.length === 0 || (kind && rule.kinds.includes(kind.rule)));
    // On Windows a blocking rule overrides an allowing one.
    if (fitting.some(({ allows }) => !allows))
      return {
        name,
        status: 'problem',
        detail: `${where}; a rule blocks Lanspread there`,
        advice: 'Delete that rule in Windows Defender Firewall, and start Lanspread again.',
      };
    if (fitting.some(({ allows }) => allows))
      return { name, status: 'ok', detail: `${where}; Lanspread is allowed there` };
    if (kind?.category === 0)
      return { name, status: 'problem', detail: `${where}, where Windows hides PCs from each other`, advice: setRight };
    return {
      name,
      status: 'warning',
      detail: `${where}; no rule allows Lanspread there yet`,
      advice: 'Allow it when Windows asks, or run the setup as an administrator with /AllUsers.',
    };
  });
}

function tellLongPaths({ longPaths }: WindowsFacts): Finding {
  const name = 'Long paths';
  if (longPaths === true) return { name, status: 'ok', detail: 'on' };
  return {
    name,
    status: 'ok',
    detail: 'off: Lanspread itself needs no such setting, some games cannot open files beyond 260 characters',
    advice: 'Keep games in a folder with a short path, such as D:\\Games.',
  };
}

/** Windows protects the folders with the user's own documents. */
const protectedFolders = ['Documents', 'Pictures', 'Videos', 'Music', 'Favorites', 'Desktop'];

function tellControlledFolders({ controlledFolderAccess, gamesDir, home }: WindowsFacts): Finding[] {
  if (controlledFolderAccess !== true) return [];
  const below = (folder: string): boolean =>
    `${gamesDir}${sep}`.toLowerCase().startsWith(`${home}${sep}${folder}${sep}`.toLowerCase());
  const name = 'Controlled folder access';
  if (!protectedFolders.some(below))
    return [{ name, status: 'ok', detail: 'on; the games folder is not one of those' }];
  return [
    {
      name,
      status: 'problem',
      detail: `on: Windows keeps programs from writing in ${gamesDir}`,
      advice: 'Choose a games folder outside of your documents, or allow node.exe of Lanspread in Windows Security.',
    },
  ];
}

/** Never a problem by itself: the owner decides whether to exclude a folder. */
function tellScanner({ gamesDir }: WindowsFacts): Finding {
  return {
    name: 'Virus scanner',
    status: 'ok',
    detail: 'it reads every file of a game while that is installed',
    advice: `If installing is slow, exclude ${gamesDir} from scanning; what you fetch is then not scanned.`,
  };
}
