import { lstat, readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { Explorer } from 'cosmiconfig/dist/Explorer.js';
import type { Problem } from '../model/problem.ts';
import { SourceText } from './document.ts';

/** The only names that are looked for, and only in the working folder. */
const searchPlaces = ['fleet.yaml', 'fleet.yml', 'fleet.json'];
const maxBytes = 64 * 1024 * 1024;

/** The fleet file's text and the folder its relative paths are resolved against. */
export interface FleetText {
  readonly source: SourceText;
  readonly folder: string;
}

type Problems = { readonly problems: readonly Problem[] };

/**
 * Finds and reads the fleet file. Runs no code that lies in the folder.
 * @param file what `-f` said: a path relative to `cwd`, or `-` for `stdin`; left out, the working folder is searched
 */
export async function readFleetText(options: {
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly stdin?: (() => Promise<Uint8Array>) | undefined;
}): Promise<FleetText | Problems> {
  if (options.file === '-') {
    if (options.stdin === undefined) return unreadable('stdin', 'there is no standard input to read');
    return decode('stdin', await options.stdin(), options.cwd);
  }
  const path = options.file === undefined ? await find(options.cwd) : resolve(options.cwd, options.file);
  if (path === undefined) {
    return unreadable('fleet.yaml', `no ${searchPlaces.join(', ')} in this folder; name one with -f`, 'no-file');
  }
  const name = displayName(path, options.cwd, options.file);
  try {
    const about = await stat(path);
    if (about.isDirectory()) return unreadable(name, 'is a folder; name the file in it');
    if (about.size > maxBytes) return unreadable(name, 'is larger than 64 MiB; that is no fleet file', 'not-text');
    return decode(name, await readFile(path), resolve(path, '..'));
  } catch (error) {
    return unreadable(name, readError(error));
  }
}

/**
 * cosmiconfig's Explorer, without its front door: `cosmiconfig()` first reads the working folder's meta configuration
 * (`.config/config.*`, package.json), which can be a program and cannot be turned off. The loader returns nothing of the
 * file, so that `$import` is never seen either.
 */
async function find(cwd: string): Promise<string | undefined> {
  const explorer = new Explorer({
    moduleName: 'fleet',
    searchPlaces,
    ignoreEmptySearchPlaces: false,
    cache: false,
    mergeImportArrays: false,
    mergeSearchPlaces: false,
    searchStrategy: 'none',
    metaConfigFilePath: null,
    transform: (result) => result,
    loaders: { '.yaml': () => ({}), '.yml': () => ({}), '.json': () => ({}) },
  });
  const found = await explorer.search(cwd).catch(() => null);
  if (found !== null) return found.filepath;
  // The search passes over what it cannot read, or gives up; a file that is there must not look like none.
  for (const place of searchPlaces) {
    const path = resolve(cwd, place);
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

function decode(file: string, bytes: Uint8Array, folder: string): FleetText | Problems {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return unreadable(file, 'is UTF-16; save it as UTF-8', 'not-text');
  }
  if (bytes.includes(0)) return unreadable(file, 'is binary, not YAML', 'not-text');
  try {
    // A byte order mark is dropped by the decoder.
    return { source: new SourceText(file, new TextDecoder('utf-8', { fatal: true }).decode(bytes)), folder };
  } catch {
    return unreadable(file, 'is not UTF-8 text; save it as UTF-8', 'not-text');
  }
}

function displayName(path: string, cwd: string, asTyped: string | undefined): string {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? (asTyped ?? path) : inside;
}

const unreadable = (file: string, message: string, rule = 'unreadable-file'): Problems => ({
  problems: [{ rule, message, file }],
});

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EISDIR: 'is a folder; name the file in it',
  ELOOP: 'is a link to itself',
};

/** Why a file could not be read, in words. */
export function readError(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return (code === undefined ? undefined : reasons[code]) ?? `cannot be read${code === undefined ? '' : ` (${code})`}`;
}
