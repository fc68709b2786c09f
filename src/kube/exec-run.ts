import { type ChildProcess, spawn } from 'node:child_process';
import { ClusterError } from '../model/errors.ts';
import type { Credential } from './credentials.ts';
import { bearer } from './credentials.ts';
import { codeOf, seconds } from './failures.ts';
import { parseJson, textAt } from './json.ts';

/** One way to call an exec plugin, as a kubeconfig's user describes it. */
export interface ExecCommand {
  /** `client.authentication.k8s.io/v1` or `/v1beta1` */
  readonly apiVersion: string;
  /** A name to look up in PATH, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** It talks to the person at the terminal. */
  readonly interactive: boolean;
  readonly installHint?: string;
  /** What the plugin is told about the cluster, with `provideClusterInfo`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

export interface ExecResult {
  readonly credential: Credential;
  /** Milliseconds since the epoch; left out = it does not expire. */
  readonly expires?: number;
}

/**
 * Runs the plugin once.
 * @param variables the environment it inherits
 * @throws ClusterError `auth`; of its own words only the last line of stderr is repeated, never stdout
 */
export async function runExec(
  command: ExecCommand,
  variables: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<ExecResult> {
  const { apiVersion, interactive, cluster } = command;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive, ...(cluster !== undefined && { cluster }) } };
  const env = { ...variables, ...command.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const output = await outputOf(command, env, timeoutMs);
  const name = `exec plugin ${command.command}`;
  const answer = parseJson(output);
  if (textAt(answer, 'kind') !== 'ExecCredential')
    throw new ClusterError('auth', `${name} did not print an ExecCredential`);
  if (textAt(answer, 'apiVersion') !== apiVersion)
    throw new ClusterError('auth', `${name} answered in another apiVersion than ${apiVersion}`);
  const token = textAt(answer, 'status', 'token');
  const cert = textAt(answer, 'status', 'clientCertificateData');
  const key = textAt(answer, 'status', 'clientKeyData');
  if ((cert === undefined) !== (key === undefined))
    throw new ClusterError('auth', `${name} gave a certificate without key, or a key without certificate`);
  if (token === undefined && cert === undefined)
    throw new ClusterError('auth', `${name} gave neither token nor certificate`);
  const expires = Date.parse(textAt(answer, 'status', 'expirationTimestamp') ?? '');
  return {
    credential: {
      ...(token !== undefined && { authorization: bearer(token) }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    },
    ...(!Number.isNaN(expires) && { expires }),
  };
}

function outputOf(command: ExecCommand, env: Record<string, string | undefined>, timeoutMs: number): Promise<string> {
  const name = `exec plugin ${command.command}`;
  return new Promise((resolve, reject) => {
    const terminal = command.interactive ? 'inherit' : undefined;
    const child = spawn(command.command, [...command.args], {
      env,
      stdio: [terminal ?? 'ignore', 'pipe', terminal ?? 'pipe'],
      // A process group of its own, to end with all that it started; only the terminal's own group may read from it.
      detached: !command.interactive,
    });
    const output: Buffer[] = [];
    let complaint = '';
    const fail = (end: string) => {
      const said = lastLine(complaint);
      reject(new ClusterError('auth', `${name} ${end}${said === '' ? '' : `: ${said}`}`));
    };
    const timer = setTimeout(() => {
      fail(`gave no answer within ${seconds(timeoutMs)}`);
      // What the plugin started may hold them open for as long as it likes.
      child.stdout?.destroy();
      child.stderr?.destroy();
      kill(child, !command.interactive);
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString('utf8')}`.slice(-4096);
    });
    child.once('error', (cause) => {
      clearTimeout(timer);
      const missing = codeOf(cause) === 'ENOENT';
      const next = missing ? command.installHint : undefined;
      reject(
        new ClusterError('auth', `${name} ${missing ? 'is not installed' : 'cannot be started'}`, {
          cause,
          ...(next !== undefined && { next }),
        }),
      );
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(output).toString('utf8'));
      fail(code === null ? `was ended by ${signal}` : `exited ${code}`);
    });
  });
}

function kill(child: ChildProcess, isGroup: boolean): void {
  try {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch (error) {
    // It ended meanwhile.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** @returns what a plugin said last, as one bounded line without anything that looks like a token */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  const printable = line.replace(/[\p{Cc}]+/gu, ' ').replace(/\S{60,}|eyJ\S+/g, '…');
  return printable.length > 200 ? `${printable.slice(0, 200)}…` : printable;
}
