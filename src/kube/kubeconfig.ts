import { YAMLException } from 'js-yaml';
import { ClusterError } from '../model/errors.ts';
import { arrayAt, at, isObject, type JsonObject, textAt } from './json.ts';
import { readYaml } from './yaml.ts';

/** One named entry and the folder that its relative paths start from; undefined = it came from no file. */
export interface Entry {
  readonly value: JsonObject;
  readonly folder: string | undefined;
}

/** A kubeconfig, indexed by name: a file with thousands of contexts is read once and looked up often. */
export interface Kubeconfig {
  /** For messages. */
  readonly name: string;
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/**
 * @param name for messages
 * @param folder where relative paths start; left out = it came from a cluster, and nothing of it is quoted
 * @param files contents of files that it names, by name
 * @throws ClusterError `auth` when it is no kubeconfig; of a file it quotes kind and names only, since the text holds credentials
 */
export function parseKubeconfig(
  text: string,
  name: string,
  folder?: string,
  files: Readonly<Record<string, string>> = {},
): Kubeconfig {
  const document = parseYaml(text, name);
  const kind = at(document, 'kind');
  const quoted = (words: string): string => (folder === undefined ? '' : words);
  if (!isObject(document)) throw new ClusterError('auth', `${name} is no kubeconfig`);
  if (kind !== undefined && kind !== 'Config')
    throw new ClusterError('auth', `${name} is no kubeconfig${quoted(` but a ${String(kind)}`)}`);
  const index = (list: string, inner: string): Map<string, Entry> => {
    const entries = new Map<string, Entry>();
    for (const item of arrayAt(document, list)) {
      // cluster-info's only cluster is named by the empty string.
      const key = at(item, 'name');
      if (typeof key !== 'string') throw new ClusterError('auth', `${name} has an entry without name in ${list}`);
      if (entries.has(key))
        throw new ClusterError('auth', `${name} has two entries ${quoted(`named "${key}" `)}in ${list}`);
      const value = isObject(item) ? item[inner] : undefined;
      entries.set(key, { value: isObject(value) ? withFiles(value, files) : {}, folder });
    }
    return entries;
  };
  return {
    name,
    currentContext: textAt(document, 'current-context'),
    contexts: index('contexts', 'context'),
    clusters: index('clusters', 'cluster'),
    users: index('users', 'user'),
  };
}

function parseYaml(text: string, name: string): unknown {
  try {
    return readYaml(text);
  } catch (error) {
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const where = mark === undefined || mark === null ? '' : ` (line ${mark.line + 1})`;
    throw new ClusterError('auth', `${name} is no YAML${where}`);
  }
}

/** Of equal names the first file wins, as in kubectl. */
export function mergeKubeconfigs(parts: readonly Kubeconfig[]): Kubeconfig {
  const firstWins = (of: (part: Kubeconfig) => ReadonlyMap<string, Entry>): Map<string, Entry> =>
    new Map(parts.toReversed().flatMap((part) => [...of(part)]));
  return {
    name: parts.map((part) => part.name).join(', '),
    currentContext: parts.find((part) => part.currentContext !== undefined)?.currentContext,
    contexts: firstWins((part) => part.contexts),
    clusters: firstWins((part) => part.clusters),
    users: firstWins((part) => part.users),
  };
}

/** A context with what it names. `user` is left out when the context names none. */
export interface ChosenContext {
  readonly clusterName: string;
  readonly cluster: Entry;
  readonly user: (Entry & { readonly name: string }) | undefined;
}

/** @throws ClusterError `auth` when the context, its cluster or its user is not there, with the nearest name */
export function chooseContext(config: Kubeconfig, context: string, nearest: Nearest): ChosenContext {
  const found = config.contexts.get(context);
  if (found === undefined) {
    const near = nearest(context, config.contexts.keys());
    throw new ClusterError(
      'auth',
      `context "${context}" is not in ${config.name}`,
      near === undefined ? {} : { next: `did you mean "${near}"?` },
    );
  }
  const clusterName = textAt(found.value, 'cluster');
  const cluster = clusterName === undefined ? undefined : config.clusters.get(clusterName);
  if (clusterName === undefined || cluster === undefined) {
    throw new ClusterError(
      'auth',
      `context "${context}" in ${config.name} names ${clusterName === undefined ? 'no cluster' : `the cluster "${clusterName}", which is not there`}`,
    );
  }
  const userName = textAt(found.value, 'user');
  if (userName === undefined) return { clusterName, cluster, user: undefined };
  const user = config.users.get(userName);
  if (user === undefined)
    throw new ClusterError(
      'auth',
      `context "${context}" in ${config.name} names the user "${userName}", which is not there`,
    );
  return { clusterName, cluster, user: { ...user, name: userName } };
}

/** @returns the candidate that `wanted` was probably meant to be */
export type Nearest = (wanted: string, candidates: Iterable<string>) => string | undefined;

/** What may be written as a file and given inline. Given inline, it is base64. */
const inlined = [
  ['certificate-authority', 'certificate-authority-data'],
  ['client-certificate', 'client-certificate-data'],
  ['client-key', 'client-key-data'],
] as const;

/** @returns the entry with the files that are at hand put into it */
function withFiles(entry: JsonObject, files: Readonly<Record<string, string>>): JsonObject {
  const filled: Record<string, unknown> = { ...entry };
  for (const [byFile, byData] of inlined) {
    const file = textAt(entry, byFile);
    const content = file !== undefined && Object.hasOwn(files, file) ? files[file] : undefined;
    if (content !== undefined) filled[byData] ??= Buffer.from(content).toString('base64');
  }
  return filled;
}
