import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ClusterError } from '../model/errors.ts';
import { day } from './clock.ts';
import { codeOf } from './failures.ts';
import { expiryOf } from './jwt.ts';

/** What one request shows of who sends it. */
export interface Credential {
  /** Of the Authorization header. */
  readonly authorization?: string;
  /** PEM */
  readonly cert?: string;
  /** PEM */
  readonly key?: string;
}

/** Makes credentials for one cluster. */
export interface Credentials {
  /** @throws ClusterError `auth` when none can be made */
  current(): Promise<Credential>;
  /** @returns another one after the server said 401 to `rejected`, or undefined when there is no better one */
  renew(rejected: Credential): Promise<Credential | undefined>;
}

export const bearer = (token: string): string => `Bearer ${token}`;

/** Credentials that never change. */
export function fixedCredentials(credential: Credential): Credentials {
  return { current: async () => credential, renew: async () => undefined };
}

/** A token or certificate that lives in files, which others renew. A path reads the file, a text is taken as it is. */
export interface FileSource {
  readonly tokenFile?: string | undefined;
  /** Used while `tokenFile` cannot be read. */
  readonly token?: string | undefined;
  readonly cert?: { readonly file: string } | { readonly text: string } | undefined;
  readonly key?: { readonly file: string } | { readonly text: string } | undefined;
}

/**
 * Reads the token at each use, the certificate at the first and after a 401: a change of certificate costs a connection.
 * @throws ClusterError `auth` naming the file that cannot be read
 */
export function fileCredentials(source: FileSource): Credentials {
  let pair: Promise<Credential> | undefined;
  const readPair = async (): Promise<Credential> => {
    const [cert, key] = await Promise.all([contentOf(source.cert), contentOf(source.key)]);
    return cert !== undefined && key !== undefined ? { cert, key } : {};
  };
  const readToken = async (): Promise<Credential> => {
    if (source.tokenFile === undefined)
      return source.token === undefined ? {} : { authorization: bearer(source.token) };
    try {
      const token = (await readText(source.tokenFile, 'token file')).trim();
      if (token !== '') return { authorization: bearer(token) };
      throw new ClusterError('auth', `token file ${source.tokenFile} is empty`);
    } catch (error) {
      if (source.token === undefined) throw error;
      return { authorization: bearer(source.token) };
    }
  };
  const current = async (): Promise<Credential> => {
    pair ??= readPair();
    return { ...(await pair), ...(await readToken()) };
  };
  return {
    current,
    async renew(rejected) {
      pair = undefined;
      const now = await current();
      return sameCredential(now, rejected) ? undefined : now;
    },
  };
}

async function contentOf(source: FileSource['cert']): Promise<string | undefined> {
  if (source === undefined) return undefined;
  return 'text' in source ? source.text : await readText(source.file, 'client certificate or key');
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ClusterError('auth', `${what} ${file} ${why}`, { cause });
  }
}

const sameCredential = (a: Credential, b: Credential): boolean =>
  a.authorization === b.authorization && a.cert === b.cert && a.key === b.key;

/**
 * @param now milliseconds since the epoch, best the server's
 * @returns why the server does not want this credential, if its dates tell
 */
export function expiredPart(credential: Credential, now: number): string | undefined {
  const ends = credential.cert === undefined ? undefined : certificateEnd(credential.cert);
  if (ends !== undefined && ends < now) return `client certificate expired ${day(ends)}`;
  const token = credential.authorization?.startsWith('Bearer ') ? credential.authorization.slice(7) : undefined;
  const expires = token === undefined ? undefined : expiryOf(token);
  return expires !== undefined && expires < now ? `token expired ${day(expires)}` : undefined;
}

function certificateEnd(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
