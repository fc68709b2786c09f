import { readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import leven from 'leven';
import { ClusterError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
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

/** @returns a function that finds the candidate that was probably meant; after much work it looks at no more of them */
function nearestFinder(): Nearest {
  let left = maxComparisons;
  function* some(candidates: Iterable<string>): Generator<string> {
    for (const candidate of candidates) {
      if (left === 0) return;
      left -= 1;
      yield candidate;
    }
  }
  return (wanted, candidates) => nearest(wanted, some(candidates), leven);
}
