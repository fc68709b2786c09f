import { isObject, parseJson } from './json.ts';

/** @returns the claims of a JWT, unverified; undefined for an opaque token */
export function claimsOf(token: string): { readonly [claim: string]: unknown } | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const claims = parseJson(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
  return isObject(claims) ? claims : undefined;
}

/** @returns when the token expires, in milliseconds since the epoch; undefined when it does not say */
export function expiryOf(token: string): number | undefined {
  const expires = claimsOf(token)?.['exp'];
  return typeof expires === 'number' ? expires * 1000 : undefined;
}
