import { isAbsolute, resolve } from 'node:path';
import { ClusterError } from '../model/errors.ts';
import { type Credentials, type FileSource, fileCredentials, fixedCredentials } from './credentials.ts';
import type { ExecPlugins } from './exec.ts';
import type { ExecCommand } from './exec-run.ts';
import { arrayAt, at, isObject, type JsonObject, textAt } from './json.ts';
import type { Entry } from './kubeconfig.ts';

export interface UserOptions {
  readonly name: string;
  /** For messages: the kubeconfig. */
  readonly file: string;
  readonly plugins: ExecPlugins;
  /** Why this file may start no program; left out = it may. */
  readonly noExec?: string | undefined;
  /** What an exec plugin is told with `provideClusterInfo`. */
  readonly cluster: JsonObject;
}

/**
 * The credentials of a kubeconfig's user. A token wins over a user name and both over an exec plugin; a token file over
 * a token; data over files, as in kubectl.
 * @throws ClusterError `auth` for what is not supported: impersonation, legacy auth providers
 */
export function userCredentials(user: Entry, options: UserOptions): Credentials {
  const { value } = user;
  const who = `user "${options.name}" in ${options.file}`;
  const impersonates = ['as', 'as-uid', 'as-groups', 'as-user-extra'].find((key) => value[key] !== undefined);
  if (impersonates !== undefined) {
    throw new ClusterError('auth', `${who} impersonates another (${impersonates}), which is not supported`, {
      next: 'use credentials of the identity itself',
    });
  }
  if (value['auth-provider'] !== undefined) {
    throw new ClusterError('auth', `${who} uses an auth-provider, which is not supported`, {
      next: 'use an exec plugin or a token file',
    });
  }
  const source = fileSource(user, who);
  const token = textAt(value, 'token');
  const tokenFile = textAt(value, 'tokenFile');
  const username = textAt(value, 'username');
  if (token !== undefined || tokenFile !== undefined) {
    return fileCredentials({
      ...source,
      token,
      tokenFile: tokenFile === undefined ? undefined : pathOf(user, tokenFile, who),
    });
  }
  if (username !== undefined) {
    const basic = Buffer.from(`${username}:${textAt(value, 'password') ?? ''}`).toString('base64');
    return source.cert === undefined
      ? fixedCredentials({ authorization: `Basic ${basic}` })
      : withAuthorization(fileCredentials(source), `Basic ${basic}`);
  }
  if (isObject(value['exec'])) {
    if (options.noExec !== undefined)
      throw new ClusterError('auth', `${who} uses an exec plugin, but ${options.noExec}`);
    return options.plugins.credentials(execCommand(value['exec'], user, who, options.cluster));
  }
  return fileCredentials(source);
}

const withAuthorization = (credentials: Credentials, authorization: string): Credentials => ({
  current: async () => ({ ...(await credentials.current()), authorization }),
  async renew(rejected) {
    const { authorization: _, ...certificate } = rejected;
    const renewed = await credentials.renew(certificate);
    return renewed === undefined ? undefined : { ...renewed, authorization };
  },
});

/** @returns an absolute path; throws for a kubeconfig that came from no file and may name none */
function pathOf(entry: Entry, path: string, who: string): string {
  if (entry.folder === undefined)
    throw new ClusterError('auth', `${who} refers to the file ${path}, which is not at hand`);
  return isAbsolute(path) ? path : resolve(entry.folder, path);
}

function fileSource(user: Entry, who: string): FileSource {
  const part = (name: string): FileSource['cert'] => {
    const data = textAt(user.value, `${name}-data`);
    if (data !== undefined) return { text: Buffer.from(data, 'base64').toString('utf8') };
    const file = textAt(user.value, name);
    return file === undefined ? undefined : { file: pathOf(user, file, who) };
  };
  const cert = part('client-certificate');
  const key = part('client-key');
  if ((cert === undefined) !== (key === undefined))
    throw new ClusterError('auth', `${who} has a client certificate without key, or a key without certificate`);
  return { cert, key };
}

function execCommand(exec: JsonObject, user: Entry, who: string, cluster: JsonObject): ExecCommand {
  const command = textAt(exec, 'command');
  if (command === undefined) throw new ClusterError('auth', `${who} has an exec plugin without command`);
  const apiVersion = textAt(exec, 'apiVersion') ?? '';
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
    throw new ClusterError('auth', `${who} has an exec plugin of apiVersion "${apiVersion}", which is not supported`);
  }
  const env = arrayAt(exec, 'env').flatMap((each) => {
    const name = textAt(each, 'name');
    return name === undefined ? [] : [[name, textAt(each, 'value') ?? ''] as const];
  });
  const installHint = textAt(exec, 'installHint');
  return {
    apiVersion,
    // Like a shell: a bare name is looked up in PATH, a path is one, relative to the kubeconfig.
    command: command.includes('/') ? pathOf(user, command, who) : command,
    args: arrayAt(exec, 'args').filter((each): each is string => typeof each === 'string'),
    env: Object.fromEntries(env),
    // IfAvailable: many clusters are handled at once, so there is no terminal that one of them could have.
    interactive: textAt(exec, 'interactiveMode') === 'Always',
    ...(installHint !== undefined && { installHint }),
    ...(at(exec, 'provideClusterInfo') === true && { cluster }),
  };
}
