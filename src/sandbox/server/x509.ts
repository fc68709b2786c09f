import type * as x509 from '@peculiar/x509';

type X509 = typeof x509;

/**
 * Loads @peculiar/x509 when the first certificate is made: it costs 0.1 s, and most commands never need it. Its dependency
 * injection insists on a reflection polyfill although none of its classes takes a constructor parameter, so that answering
 * "no metadata" is all it needs.
 */
export function loadX509(): Promise<X509> {
  if (!('getMetadata' in Reflect)) {
    const none = (): undefined => undefined;
    Object.assign(Reflect, { getMetadata: none, getOwnMetadata: none, defineMetadata: none });
  }
  return import('@peculiar/x509');
}
