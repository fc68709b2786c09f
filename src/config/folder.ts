import { lstatSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve, sep } from 'node:path';

/** The folder of the fleet file: relative paths start here, and kubeconfigs inside it may not run programs. */
export class FleetFolder {
  readonly path: string;
  /** Whether KUBECONFIG, where it is what an access falls back to, names a file inside the folder. */
  readonly holdsDefaultKubeconfig: boolean;
  readonly #real: string;
  readonly #realFolders = new Map<string, string>();

  /** @param path absolute. @param kubeconfig the variable KUBECONFIG: several paths, relative ones to `cwd` */
  constructor(path: string, kubeconfig: string | undefined, cwd: string) {
    this.path = path;
    this.#real = realpath(path);
    this.holdsDefaultKubeconfig = (kubeconfig ?? '')
      .split(delimiter)
      .some((file) => file !== '' && this.holds(resolve(cwd, file)));
  }

  absolute(path: string): string {
    return resolve(this.path, path);
  }

  /** Whether a file lies inside the folder, as named or once links are followed. */
  holds(file: string): boolean {
    if (isWithin(file, this.path)) return true;
    const folder = dirname(file);
    const realFolder = this.#realFolders.get(folder) ?? realpath(folder);
    this.#realFolders.set(folder, realFolder);
    const real = join(realFolder, basename(file));
    return isWithin(real, this.#real) || (isLink(real) && isWithin(realpath(real), this.#real));
  }
}

const isWithin = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false; // not ours to see: reading it will say so
  }
}

/** The path with links followed; the path itself where it does not exist. */
function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
