import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { uuid } from './core.ts';
import type { Chance, Stored, User } from './types.ts';

/** Issuer of every ServiceAccount token, and the audience that the API server itself takes tokens for. */
const tokenIssuer = 'https://kubernetes.default.svc';

interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
  };
  readonly nbf: number;
  readonly sub: string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Issues a ServiceAccount token: a JWT signed with ES256.
 * @param options.expirationSeconds from now; 3600 when left out
 * @returns the token and when it expires (RFC 3339, whole seconds)
 */
export function issueToken(
  key: KeyObject,
  chance: Chance,
  account: { readonly namespace: string; readonly name: string; readonly uid: string },
  options: { readonly expirationSeconds?: number; readonly audiences?: readonly string[] },
): { token: string; expires: string } {
  const now = Math.floor(chance.now() / 1000);
  const expires = now + (options.expirationSeconds ?? 3600);
  const audiences = options.audiences?.length ? options.audiences : [tokenIssuer];
  const claims: Claims = {
    aud: audiences,
    exp: expires,
    iat: now,
    iss: tokenIssuer,
    jti: uuid(chance),
    'kubernetes.io': { namespace: account.namespace, serviceaccount: { name: account.name, uid: account.uid } },
    nbf: now,
    sub: `system:serviceaccount:${account.namespace}:${account.name}`,
  };
  const text = `${encode({ alg: 'ES256', kid: 'sandbox' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  const rfc3339 = new Date(expires * 1000).toISOString().replace('.000Z', 'Z');
  return { token: `${text}.${signature.toString('base64url')}`, expires: rfc3339 };
}

/** The claims of a token that carries our signature; undefined for anything else. */
function verifiedClaims(publicKey: KeyObject, token: string): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split('.');
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  const signed = Buffer.from(`${header}.${payload}`);
  const ours = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  // Only texts that were signed here get this far, so the shape is known.
  return ours ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims) : undefined;
}

/**
 * Makes the function that tells whose token it is: the signature is ours, the time is right, it is meant for the API server,
 * and the ServiceAccount still exists with the same UID.
 */
export function tokenAuthenticator(
  key: KeyObject,
  chance: Chance,
): (stored: Stored, token: string) => User | undefined {
  const publicKey = createPublicKey(key);
  return (stored, token) => {
    const claims = verifiedClaims(publicKey, token);
    const now = chance.now() / 1000;
    if (!claims || claims.iss !== tokenIssuer || claims.exp <= now || claims.nbf > now) return undefined;
    if (!claims.aud.includes(tokenIssuer)) return undefined;
    const { namespace, serviceaccount } = claims['kubernetes.io'];
    const account = stored.get('', 'serviceaccounts', namespace, serviceaccount.name);
    if (account?.metadata.uid !== serviceaccount.uid) return undefined;
    return {
      name: claims.sub,
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
    };
  };
}
