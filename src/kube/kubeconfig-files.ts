import { readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import leven from 'leven';
import { ClusterError } from '../model/errors.ts';
import { codeOf } from './failures.ts';
import { type Kubeconfig, mergeKubeconfigs, type Nearest, parseKubeconfig } from './kubeconfig.ts';

/** Kubeconfig files, each read and indexed once for all clusters of a run. */
export class KubeconfigFiles {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #homeFolder: string;
  readonly #byPath = new Map<string, Kubeconfig | undefined>();
  /** For messages about names that are not there. */
  readonly nearest: Nearest = nearestFinder();
  #standard: Kubeconfig | undefined;

  constructor(variables: Readonly<Record<string, string | undefined>>, homeFolder: string) {
    this.#variables = variables;
    this.#homeFolder = homeFolder;
  }

  /**
   * @param path absolute; left out = those of KUBECONFIG (missing ones are skipped), else `~/.kube/config`
   * @throws ClusterError `auth` when there is none or it cannot be read
   */
  read(path?: string): Kubeconfig {
    if (path === undefined) {
      this.#standard ??= this.#readStandard();
      return this.#standard;
    }
    const found = this.#read(path);
    if (found === undefined) throw new ClusterError('auth', `kubeconfig ${path} does not exist`);
    return found;
  }

  #readStandard(): Kubeconfig {
    const written = (this.#variables['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
    const paths =
      written.length > 0
        ? [...new Set(written.map((path) => resolve(path)))]
        : [join(this.#homeFolder, '.kube', 'config')];
    const parts = paths.map((path) => this.#read(path)).filter((part) => part !== undefined);
    const [only, ...others] = parts;
    if (only === undefined) {
      throw new ClusterError('auth', `kubeconfig ${paths.join(', ')} does not exist`, {
        next: 'set KUBECONFIG, or access.kubeconfig in the fleet file',
      });
    }
    return others.length === 0 ? only : mergeKubeconfigs(parts);
  }

  #read(path: string): Kubeconfig | undefined {
    if (this.#byPath.has(path)) return this.#byPath.get(path);
    const text = contentOf(path);
    const parsed = text === undefined ? undefined : parseKubeconfig(text, path, dirname(path));
    this.#byPath.set(path, parsed);
    return parsed;
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new ClusterError('auth', `kubeconfig ${path} cannot be read`, { cause });
  }
}

/** With a wrong KUBECONFIG thousands of names miss thousands: some 0.2 s of comparisons are enough. */
const maxComparisons = 200_000;

/** @returns a function that finds the candidate with the smallest edit distance, if it is near enough to be meant; it gives up after much work */
function nearestFinder(): Nearest {
  let left = maxComparisons;
  return (wanted, candidates) => {
    let limit = Math.max(2, Math.floor(wanted.length / 3));
    let nearest: string | undefined;
    for (const candidate of candidates) {
      if (left === 0) return undefined;
      left -= 1;
      if (Math.abs(candidate.length - wanted.length) > limit) continue;
      const distance = leven(wanted, candidate, { maxDistance: limit + 1 });
      if (distance > limit) continue;
      nearest = candidate;
      limit = distance - 1;
    }
    return nearest;
  };
}
